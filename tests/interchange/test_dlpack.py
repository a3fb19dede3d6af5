"""Memory shared with NumPy, PyTorch and hand-written producers through DLPack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.interchange.dlpack_structures import (
    BFLOAT,
    BOOL,
    COMPLEX,
    CPU,
    FLOAT,
    INT,
    READ_ONLY,
    UINT,
    Producer,
    name,
    opened,
)  # fmt: skip
from tests.interchange.sharing import Old, address
from tests.support import NAMES, check, dtype_of, sample
from torchffi._numpy import storage

pytestmark = pytest.mark.filterwarnings("error")

KEYS = {"bool": (BOOL, 8), "bfloat16": (BFLOAT, 16)}
for _name in NAMES:
    _kind = _name.rstrip("0123456789")
    _code = {"int": INT, "uint": UINT, "float": FLOAT, "complex": COMPLEX}.get(_kind)
    if _code is not None:
        KEYS[_name] = (_code, int(_name.removeprefix(_kind)))


# ---- Dtypes and shared memory


@pytest.mark.parametrize("name", NAMES)
def test_numpy_and_tensors_share_memory_of_every_dtype(name: str, backend: str) -> None:
    values = sample(name, 6).reshape(2, 3)
    x = t.from_dlpack(values)
    check(x, values)
    assert (x.backend, address(x)) == (backend, values.ctypes.data)
    values[0, 1] = 0
    check(x, values)
    exported = np.from_dlpack(x)
    assert exported.dtype == values.dtype
    assert exported.flags.writeable
    exported[1, 2] = 1
    x[1, 0] = True
    assert values[1, 2] == values[1, 0] == 1
    assert np.shares_memory(exported, values)


@pytest.mark.parametrize("name", [*NAMES, "bfloat16"])
def test_pytorch_and_tensors_share_memory_of_every_dtype(
    name: str, torch: Any, ffi_backend: None
) -> None:
    theirs = torch.ones((2, 3), dtype=getattr(torch, name))
    x = t.from_dlpack(theirs)
    assert (x.dtype, x.shape) == (dtype_of(name), (2, 3))
    back = torch.from_dlpack(x)
    assert (back.dtype, back.data_ptr()) == (theirs.dtype, theirs.data_ptr())
    theirs[0, 1] = 0
    assert x[0, 1].item() == 0
    x[1, 2] = False
    assert theirs[1, 2].item() == 0
    back[1, 0] = 0
    assert x.astype(t.float64 if "complex" not in name else t.complex128).tolist() == [
        [1, 0, 1],
        [0, 1, 0],
    ]


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_and_tensors_on_numpy_share_memory(
    name: str, torch: Any, numpy_backend: None
) -> None:
    theirs = torch.ones(3, dtype=getattr(torch, name))
    x = t.from_dlpack(theirs)
    check(x, np.ones(3, name))
    x[1] = False
    assert torch.from_dlpack(x).data_ptr() == theirs.data_ptr()
    assert theirs.tolist() == [1, 0, 1]


@pytest.mark.parametrize("name", [*NAMES, "bfloat16"])
@pytest.mark.parametrize("version", [None, (1, 0)])
def test_structure_has_the_dtype_of_dlpack(
    name: str, version: tuple[int, int] | None, ffi_backend: None
) -> None:
    tensor = opened(t.ones(3, dtype=dtype_of(name)).__dlpack__(max_version=version)).dl_tensor
    assert (tensor.code, tensor.bits, tensor.lanes) == (*KEYS[name], 1)
    assert (tensor.device_type, tensor.device_id, tensor.byte_offset) == (CPU, 0, 0)


def _views() -> dict[str, Any]:
    base = np.arange(60.0).reshape(3, 4, 5)
    return {
        "contiguous": base,
        "fortran": np.asfortranarray(base),
        "transposed": base.transpose(2, 0, 1),
        "offset": base[1:, 2:, 3],
        "strided": base[::2, 1:, ::3],
        "scalar": np.array(3.0),
        "scalar-view": base[1, 2, 3, ...],
        "empty": np.zeros((0, 3)),
        "empty-inside": base[:, 4:, 1:],
        "broadcast": np.lib.stride_tricks.as_strided(base, (3, 5), (0, 8)),
        "many-axes": np.zeros((1,) * 63 + (2,)),
    }


@pytest.mark.parametrize("layout", _views())
def test_every_layout_is_exchanged_in_both_directions_without_a_copy(
    layout: str, backend: str
) -> None:
    values = _views()[layout]
    x = t.from_dlpack(values)
    check(x, values)
    back = np.from_dlpack(x)
    np.testing.assert_array_equal(back, values)
    if values.size:
        assert x.strides == tuple(step // 8 for step in values.strides)
        assert (back.ctypes.data, back.strides) == (values.ctypes.data, values.strides)


@pytest.mark.parametrize("layout", [layout for layout in _views() if layout != "many-axes"])
def test_pytorch_takes_every_layout_of_a_tensor(layout: str, torch: Any, backend: str) -> None:
    values = _views()[layout]
    x = t.from_numpy(values)
    theirs = torch.from_dlpack(x)
    np.testing.assert_array_equal(theirs.numpy(), values)
    back = t.from_dlpack(theirs)
    check(back, values)
    if values.size:
        assert theirs.data_ptr() == address(back) == values.ctypes.data
        assert back.strides == x.strides


def test_views_of_a_tensor_are_exported_where_they_begin(torch: Any, backend: str) -> None:
    x = t.arange(12).reshape((3, 4))
    for view, expected in (
        (x.T, [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]),
        (x[1:, ::2], [[4, 6], [8, 10]]),
        (x[2, 3], 11),
        (x[3:], []),
    ):
        assert np.from_dlpack(view).tolist() == torch.from_dlpack(view).tolist() == expected
    torch.from_dlpack(x[1:, ::2])[0, 1] = -1
    assert x[1, 2].item() == -1


def test_tensors_are_exchanged_between_the_backends(torch: Any) -> None:
    for here, there in (("ffi", "numpy"), ("numpy", "ffi"), ("ffi", "ffi"), ("numpy", "numpy")):
        with t.use_backend(here):
            x = t.zeros(3)
        with t.use_backend(there):
            y = t.from_dlpack(x)
        assert y.backend == there
        y += 1
        assert x.tolist() == [1, 1, 1]


# ---- Memory that LibTorch cannot share


def _read_only() -> Any:
    values = np.arange(3.0)
    values.setflags(write=False)
    return values


@pytest.mark.parametrize("copy", [None, True])
def test_read_only_memory_is_copied(copy: bool | None, backend: str) -> None:
    values = _read_only()
    x = t.from_dlpack(values, copy=copy)
    x += 1
    assert (x.tolist(), values.tolist()) == ([1, 2, 3], [0, 1, 2])


def test_read_only_memory_without_a_copy_is_a_buffer_error(ffi_backend: None) -> None:
    with pytest.raises(BufferError, match="from_dlpack: the memory is read-only") as raised:
        t.from_dlpack(_read_only(), copy=False)
    assert isinstance(raised.value, (t.TorchError, ValueError))
    with pytest.raises(ValueError, match="read-only"):
        t.asarray(Old(_read_only(), "max_version", "copy"), copy=False)


def test_numpy_shares_read_only_memory_if_a_copy_is_ruled_out(numpy_backend: None) -> None:
    values = _read_only()
    x = t.from_dlpack(values, copy=False)
    assert np.shares_memory(x.numpy(), values)
    with pytest.raises(ValueError, match="read-only"):
        x += 1


@pytest.mark.parametrize(("version", "copy"), [((1, 0), None), ((1, 0), False), (None, None)])
def test_read_only_tensor_is_exported_as_such_or_copied(
    version: Any, copy: bool | None, numpy_backend: None
) -> None:
    values = _read_only()
    capsule: Any = t.from_numpy(values).__dlpack__(max_version=version, copy=copy)
    shared = opened(capsule).dl_tensor.data == values.ctypes.data
    assert shared == (version is not None)
    if version:
        assert opened(capsule).flags == READ_ONLY


def test_read_only_tensor_without_a_copy_is_not_exported_to_old_consumers(
    numpy_backend: None,
) -> None:
    with pytest.raises(BufferError, match=r"__dlpack__: .*readonly"):
        t.from_numpy(_read_only()).__dlpack__(copy=False)


@pytest.mark.parametrize("name", NAMES)
def test_memory_that_runs_backwards_is_copied(name: str, backend: str) -> None:
    values = sample(name, 24).reshape(2, 3, 4)
    for view in (values[::-1], values[:, ::-2, 1:], values[::-1, :, ::-1].T, values[1:, ::-1, :0]):
        check(t.from_dlpack(view), view)
    if backend == "ffi":
        with pytest.raises(BufferError, match="from_dlpack: a stride is negative"):
            t.from_dlpack(values[::-1], copy=False)


def test_negative_stride_of_an_axis_of_length_1_needs_no_copy(backend: str) -> None:
    values = np.arange(3.0)[1:2][::-1]
    assert values.strides == (-8,)
    assert address(t.from_dlpack(values, copy=False)) == values.ctypes.data


# ---- Old versions of NumPy


class Ancient(np.ndarray[Any, Any]):
    """An array with the DLPack interface of NumPy before 2.1."""

    def __dlpack__(self, *, stream: None = None) -> Any:  # type: ignore[override]
        return super().__dlpack__()


def test_numpy_without_the_keywords_is_called_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_KEYWORDS", False)
    monkeypatch.setattr(storage, "DLPACK_VERSION", None)
    values = np.arange(3.0).view(Ancient)
    for copy in (None, True, False):
        capsule: Any = storage.to_dlpack(values, (1, 0), copy)
        assert name(capsule) == "dltensor"
        assert (opened(capsule).dl_tensor.data == values.ctypes.data) == (not copy)
    with t.use_backend("numpy"):
        producer = Producer(False)
        assert t.from_dlpack(producer).tolist() == [[0, 1, 2], [3, 4, 5]]
        assert producer.asked == [{}]
