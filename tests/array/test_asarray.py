"""asarray(): Python values, arrays and tensors, on both backends."""

from __future__ import annotations

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
