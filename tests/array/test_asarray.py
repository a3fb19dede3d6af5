"""asarray(): Python values, arrays and tensors, on both backends."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import INTEGERS, NAMES, check, dtype_of, inf

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (True, "bool"),
        (3, "int64"),
        (2**63, "uint64"),
        (1.5, "float32"),
        (2j, "complex64"),
        ([], "float32"),
        ([[], []], "float32"),
        ([1, 2], "int64"),
        ((1, 2.5), "float32"),
        ([[1, 2], [3, 4]], "int64"),
        ([True, False], "bool"),
        ([1, 2j], "complex64"),
        (range(3), "int64"),
        (np.float64(1.5), "float64"),
        (np.int8(1), "int8"),
        ([np.float64(1.5)], "float32"),
    ],
)
def test_asarray_takes_python_values_in_the_default_dtype_of_their_kind(
    values: Any, name: str, backend: str
) -> None:
    check(t.asarray(values), np.asarray(values, name))


@pytest.mark.parametrize("name", NAMES)
def test_asarray_takes_python_values_in_a_requested_dtype(name: str, backend: str) -> None:
    check(t.asarray([0, 1, 2], dtype=dtype_of(name)), np.array([0, 1, 2], name))
    check(t.asarray(1, dtype=dtype_of(name)), np.array(1, name))
    if name not in ("bool", *INTEGERS):
        check(t.asarray([0.1, 2.5], dtype=dtype_of(name)), np.array([0.1, 2.5], name))


def test_asarray_rounds_once(backend: str) -> None:
    # Converted through float32 this would lose its last digits.
    assert t.asarray(0.1, dtype=t.float64).item() == 0.1
    assert t.asarray([2**53 + 1], dtype=t.int64).tolist() == [2**53 + 1]
    assert t.asarray(2**64 - 1, dtype=t.uint64).item() == 2**64 - 1


def test_asarray_of_a_number_beyond_float32_is_infinity_without_a_warning(backend: str) -> None:
    check(t.asarray([1e300, -1e300]), np.array([inf, -inf], "float32"))
    check(t.asarray(1e300, dtype=t.float32), np.array(inf, "float32"))
    check(t.asarray([1e300], dtype=t.float64), np.array([1e300]))


def test_asarray_accepts_tensors_and_sequences_of_tensors(backend: str) -> None:
    x = t.asarray([1, 2])
    assert t.asarray(x) is x
    check(t.asarray([x, x]), np.array([[1, 2], [1, 2]]))
    check(t.asarray([x[0], 5]), np.array([1, 5]))
    check(t.asarray(x, dtype=t.float64), np.array([1.0, 2.0]))
    assert t.asarray(x, device="cpu") is x


def test_asarray_shares_the_memory_of_an_array_without_copy_true(backend: str) -> None:
    array = np.zeros(3)
    shared, copied = t.asarray(array), t.asarray(array, copy=True)
    unshared = t.asarray(array, dtype=t.float32)
    array[0] = 1
    assert shared.tolist() == [1, 0, 0]
    assert copied.tolist() == [0, 0, 0]
    assert unshared.tolist() == [0, 0, 0]
    assert t.asarray(array, copy=False).backend == backend


def test_asarray_copies_a_tensor_with_copy_true(backend: str) -> None:
    x = t.zeros(2)
    y = t.asarray(x, copy=True)
    y += 1
    assert x.tolist() == [0, 0]


@pytest.mark.parametrize("values", [[1, 2], 3.0, np.float32(1), range(2)])
def test_asarray_of_python_values_without_a_copy_is_a_value_error(
    values: Any, backend: str
) -> None:
    with pytest.raises(ValueError, match=r"asarray: a .* must be copied, but copy=False"):
        t.asarray(values, copy=False)


def test_asarray_to_another_dtype_without_a_copy_is_a_value_error(backend: str) -> None:
    with pytest.raises(ValueError, match="asarray: another dtype or device requires a copy"):
        t.asarray(np.zeros(2), dtype=t.int8, copy=False)


@pytest.mark.parametrize("values", ["text", None, {}, [None], ["1"], object(), 2**70])
def test_asarray_of_other_types_is_a_type_error(values: Any, backend: str) -> None:
    with pytest.raises(
        TypeError, match=r"asarray: cannot convert .* to a tensor; expected numbers"
    ):
        t.asarray(values)


@pytest.mark.parametrize("values", [[[1, 2], [3]], [1, [2]], [[1], 2]])
def test_asarray_of_ragged_sequences_is_a_value_error(values: Any, backend: str) -> None:
    with pytest.raises(ValueError, match="asarray: ") as raised:
        t.asarray(values)
    assert isinstance(raised.value, t.TorchError)


@pytest.mark.parametrize(("value", "name"), [(300, "uint8"), (-1, "uint32"), (2**63, "int64")])
def test_asarray_of_an_integer_out_of_range_is_a_value_error(
    value: int, name: str, backend: str
) -> None:
    with pytest.raises(
        ValueError, match=f"asarray: .*{value}.* does not fit into {name}"
    ) as raised:
        t.asarray([value], dtype=dtype_of(name))
    assert isinstance(raised.value, t.TorchError)


LARGE = [2573020360226874006, 13687853399390180967]
EXACT = [
    (LARGE, "uint64"), ([2**63 - 1, 1.0], "int64"), ((2**64 - 1, True, np.uint64(2**63)), "uint64"),
    ([[1, 2**64 - 1], range(2)], "uint64"), (range(2**63 - 1, 2**63 + 2), "uint64"),
    ([np.uint64(2**63), np.int64(1)], "uint64"), ([np.array(2**63 + 1, "uint64"), 1], "uint64"),
    ([1.0, np.float32(2), np.int8(3), True], "int16"), (np.uint64(2**64 - 1), "uint64"),
    ([2.75, -0.5], "uint8"), ([2.0**62, 2**62 + 1], "int64"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "name"), EXACT)
def test_integers_stay_exact(values: Any, name: str, backend: str) -> None:
    def whole(value: Any) -> Any:
        return list(map(whole, value)) if isinstance(value, (list, tuple, range)) else int(value)

    result = t.asarray(values, dtype=dtype_of(name))
    assert (result.tolist(), result.dtype) == (whole(values), dtype_of(name))


def test_0d_tensors_in_sequences_stay_exact(backend: str) -> None:
    one = t.asarray(2**64 - 1, dtype=t.uint64)
    assert t.asarray([one, 1], dtype=t.uint64).tolist() == [2**64 - 1, 1]


@pytest.mark.parametrize("values", [LARGE, [2**63, 1], [np.uint64(2**63), np.int8(1)]])
def test_integers_above_int64_are_uint64(values: list[int], backend: str) -> None:
    result = t.asarray(values)
    assert (result.tolist(), result.dtype) == ([int(value) for value in values], t.uint64)


def test_integers_of_both_signs_beyond_int64_need_a_dtype(backend: str) -> None:
    with pytest.raises(ValueError, match="asarray: -1 and 9223372036854775808 fit into no integer"):
        t.asarray([-1, 2**63])
    check(t.asarray([-1, 2**63], dtype=t.float64), np.array([-1, 2.0**63]))
    check(t.asarray([-1, 2**63], dtype=t.bool), np.array([True, True]))
    check(t.asarray([1.5, 2**70], dtype=t.float32), np.array([1.5, 2.0**70], "float32"))


@pytest.mark.parametrize("name", INTEGERS)
def test_number_that_does_not_fit_is_a_value_error(name: str, backend: str) -> None:
    limits = np.iinfo(name)
    far = [float("nan"), inf, -inf, 1e30, 2.0 * limits.max + 4, limits.min - 1, limits.max + 1]
    for value in [*far, np.float64("nan"), np.float32(inf)]:
        for values in (value, [value], [1, value], ((1.5,), [value]), [[True], (value,)]):
            with pytest.raises(ValueError, match=f"asarray: .* does not fit into {name}"):
                t.asarray(values, dtype=dtype_of(name))
    if name not in ("int64", "uint64"):
        with pytest.raises(ValueError, match=f"does not fit into {name}"):
            t.asarray([np.int64(limits.max + 1)], dtype=dtype_of(name))


def test_asarray_copies_read_only_memory(backend: str) -> None:
    array = np.zeros(3)
    array.setflags(write=False)
    for memory in (array, np.broadcast_to(np.zeros(1), (3,)), bytes(3)):
        x = t.asarray(memory)
        x[0] = 1
        x += 1
        assert x.tolist() == [2, 1, 1]
        with pytest.raises(ValueError, match="the array is read-only"):
            t.asarray(memory, copy=False)
    assert array.tolist() == [0, 0, 0]
    assert t.asarray(array, dtype=t.int8).tolist() == [0, 0, 0]


def test_functions_of_an_array_are_known_by_their_names() -> None:
    for function in (t.asarray, t.from_numpy):
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.copy(function) is function and copy.deepcopy(function) is function
        assert next(iter(inspect.signature(function).parameters)) in ("obj", "array")
        assert function.__doc__ and function.__module__.startswith("torchffi.")
        assert repr(function).startswith("<function ")
        with pytest.raises(TypeError):
            function()


def test_a_read_only_array_is_copied(backend: str) -> None:
    array = np.ones((2, 3), np.float32)
    array.flags.writeable = False
    assert not np.shares_memory(t.asarray(array).numpy(), array)
    assert not np.shares_memory(t.asarray(array, copy=True).numpy(), array)
    swapped = np.arange(3, dtype=">i4")
    assert t.asarray(swapped).tolist() == t.asarray(swapped, copy=True).tolist() == [0, 1, 2]


def test_an_array_is_held_as_it_was(backend: str) -> None:
    array = np.ones((2, 3), np.float32)
    tensors = t.asarray(array), t.from_numpy(array)
    array.shape = (3, 2)
    assert [tensor.shape for tensor in tensors] == [(2, 3), (2, 3)]
    array[0, 0] = 5
    assert [float(tensor[0, 0]) for tensor in tensors] == [5, 5]


def test_arrays_of_alternating_dtypes_have_their_own(backend: str) -> None:
    arrays = [np.ones(2, name) for name in (*NAMES, "q", "Q", "l", ">f4", "<f4", "=i2")] * 2
    arrays += [np.ones(2, np.dtype("f4", metadata={"unit": "m"})) for _ in range(3)]
    for function in (t.asarray, t.from_numpy):
        for array in arrays:
            if array.dtype.isnative or function is t.asarray:
                name = array.dtype.newbyteorder("=").name
                x = function(array)
                assert x.dtype.name == x.numpy().dtype.name == name and x.tolist() == [1, 1]
                assert np.shares_memory(x.numpy(), array) is array.dtype.isnative
        with pytest.raises(TypeError):
            function(np.ones(2, "M8[s]"))


def test_subclasses_of_arrays_and_numbers_are_taken(backend: str) -> None:
    class Own(np.ndarray[Any, Any]):
        pass

    for _ in range(2):
        x = t.asarray(np.ones((2, 2), np.float32).view(Own))
        assert type(x.numpy()) is np.ndarray and x.tolist() == [[1, 1], [1, 1]]
        assert t.asarray(np.float32(2.5)).tolist() == 2.5
