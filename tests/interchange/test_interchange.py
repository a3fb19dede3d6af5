"""Memory shared with NumPy, in both directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import NAMES, check, sample
from torchffi import dtypes

pytestmark = pytest.mark.filterwarnings("error")


def _layouts() -> dict[str, Any]:
    """Arrays of one dtype in every layout that LibTorch can use without a copy."""
    base = np.arange(60.0).reshape(3, 4, 5)
    return {
        "contiguous": base.copy(),
        "fortran": np.asfortranarray(base),
        "transposed": base.copy().transpose(2, 0, 1),
        "strided": base.copy()[::2, 1:, ::3],
        "scalar": np.array(3.0),
        "scalar-view": base.copy()[1, 2, 3, ...],
        "empty": np.zeros((0, 3)),
        "empty-inside": np.zeros((2, 0, 3)),
        "empty-view": base.copy()[5:, :, 1:],
        "one": np.ones((1, 1)),
        "broadcast": np.lib.stride_tricks.as_strided(base.copy(), (3, 5), (0, 8)),
        "field": np.zeros(4, [("a", "f8"), ("b", "f8")])["b"],
    }


LAYOUTS = _layouts()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_numpy_takes_every_layout_without_a_copy(layout: str, backend: str) -> None:
    array = _layouts()[layout]
    x = t.from_numpy(array)
    check(x, array)
    assert x.backend == backend
    assert x.strides == tuple(step // 8 for step in array.strides)
    array[...] = 7
    check(x, array)
    if layout != "broadcast":
        x += 1
        assert (array == 8).all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_numpy_and_array_export_every_layout_without_a_copy(layout: str, backend: str) -> None:
    array = _layouts()[layout]
    x = t.from_numpy(array)
    for exported in (x.numpy(), np.asarray(x), np.array(x, copy=None)):
        np.testing.assert_array_equal(exported, array)
        assert exported.dtype == array.dtype
        assert exported.shape == array.shape
        if array.size:
            assert exported.ctypes.data == array.ctypes.data
            assert exported.strides == array.strides
            assert exported.flags.writeable


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_see_what_the_other_writes(name: str, backend: str) -> None:
    array = sample(name, 6).reshape(2, 3)
    x = t.from_numpy(array)
    exported = x.T.numpy()
    array[0, 1] = 0
    check(x, array)
    exported[2, 1] = 1
    assert array[1, 2] == 1
    x[1, 0] = True
    assert array[1, 0] == exported[0, 1] == 1
    assert np.shares_memory(exported, array)


@pytest.mark.parametrize("name", NAMES)
def test_tensor_made_here_exports_its_own_memory(name: str, backend: str) -> None:
    x = t.ones((2, 3), dtype=dtypes.by_name(name))
    exported = x.numpy()
    exported[0, 0] = 0
    assert x[0, 0].item() == 0
    assert exported.flags.aligned


def test_array_protocol_converts_and_copies_as_asked(backend: str) -> None:
    x = t.asarray([1.0, 2.0])
    assert np.asarray(x, dtype="float64").dtype == np.float64
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.shares_memory(np.array(x, copy=False), x.numpy())
    assert np.shares_memory(x.__array__(np.dtype("float32")), x.numpy())
    with pytest.raises(ValueError, match="converting float32 to float64 requires a copy"):
        np.array(x, dtype="float64", copy=False)
    np.testing.assert_allclose(x, [1, 2])
    assert np.stack([x, x]).shape == (2, 2)


def test_functions_of_numpy_take_tensors(backend: str) -> None:
    x = t.asarray([1.0, 4.0])
    assert np.sqrt(x).tolist() == [1, 2]
    assert np.concatenate([x, x]).shape == (4,)


def _unshareable() -> dict[str, Any]:
    read_only = np.arange(4.0)
    read_only.setflags(write=False)
    return {
        "read-only": read_only,
        "bytes": np.frombuffer(np.arange(4.0).tobytes()),
        "broadcast": np.broadcast_to(np.ones(()), (4,)),
        "reversed": np.arange(4.0)[::-1],
        "unaligned": np.frombuffer(bytearray(33), "float64", 4, offset=1),
        "between": np.zeros(4, [("a", "f8"), ("b", "i4")])["a"],
    }


@pytest.mark.parametrize("kind", _unshareable())
def test_memory_that_libtorch_cannot_share_is_a_value_error_that_names_the_copy(
    kind: str, ffi_backend: None
) -> None:
    array = _unshareable()[kind]
    with pytest.raises(ValueError, match=r"use asarray\(array\) to copy it"):
        t.from_numpy(array)
    with pytest.raises(ValueError, match=r"use asarray\(array\) to copy it"):
        t.asarray(array, copy=False)
    check(t.asarray(array), array)


@pytest.mark.parametrize("kind", _unshareable())
def test_numpy_shares_whatever_memory_there_is(kind: str, numpy_backend: None) -> None:
    array = _unshareable()[kind]
    x = t.from_numpy(array)
    check(x, array)
    assert np.shares_memory(x.numpy(), array)


@pytest.mark.parametrize("kind", ["read-only", "bytes", "broadcast"])
def test_read_only_memory_is_not_changed(kind: str, numpy_backend: None) -> None:
    x = t.from_numpy(_unshareable()[kind])
    with pytest.raises(ValueError, match=r"read-only|more than one element"):
        x += 1
    with pytest.raises(ValueError, match=r"read-only|more than one element"):
        x[0] = 1


@pytest.mark.parametrize("name", ["int16", "float32", "float64", "complex64"])
def test_byte_swapped_array_is_copied_by_asarray_and_refused_by_from_numpy(
    name: str, backend: str
) -> None:
    array = sample(name).astype(np.dtype(name).newbyteorder())
    with pytest.raises(TypeError, match="not in native byte order"):
        t.from_numpy(array)
    with pytest.raises(TypeError, match="not in native byte order"):
        t.asarray(array, copy=False)
    check(t.asarray(array), sample(name))


@pytest.mark.parametrize(
    "array",
    [np.array(["a"]), np.array([None]), np.array([1], "datetime64[s]"), np.zeros(2, "i4,f4")],
    ids=["text", "object", "time", "record"],
)
def test_array_of_another_dtype_is_a_type_error(array: Any, backend: str) -> None:
    with pytest.raises(TypeError, match="is not supported; expected one of bool"):
        t.from_numpy(array)
    with pytest.raises(TypeError, match="is not supported; expected one of bool"):
        t.asarray(array)


def test_from_numpy_takes_arrays_only(backend: str) -> None:
    with pytest.raises(TypeError, match=r"from_numpy: expected a numpy.ndarray, got list"):
        t.from_numpy([1, 2])  # type: ignore[arg-type]


def test_subclass_of_array_computes_as_a_tensor(backend: str) -> None:
    class Odd(np.ndarray[Any, Any]):
        def sum(self, *_: Any, **__: Any) -> Any:
            return "odd"

    x = t.from_numpy(np.ones((2, 2)).view(Odd))
    assert type(x.numpy()) is np.ndarray
    check(x.sum(axis=0), np.array([2.0, 2.0]))


def test_large_offsets_and_strides_survive(backend: str) -> None:
    memory = np.zeros(2**24, "uint8")
    view = memory[2**23 :: 2**20]
    x = t.from_numpy(view)
    x += 1
    assert memory.sum() == view.size == 8
