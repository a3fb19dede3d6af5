"""In-place operators keep the memory, dtype and backend of the left operand."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check, dtype_of, sample

pytestmark = pytest.mark.filterwarnings("error")

IN_PLACE = ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"]
IN_PLACE_BITWISE = ["iand", "ior", "ixor", "ilshift", "irshift"]


def _operator(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(operator, name)
    return function


@pytest.mark.parametrize("operation", IN_PLACE + IN_PLACE_BITWISE)
def test_in_place_operator_keeps_memory_dtype_and_backend(operation: str, backend: str) -> None:
    name = "int32" if operation in IN_PLACE_BITWISE else "float32"
    a, b = np.abs(sample(name)), np.abs(sample(name)[::-1]).copy()
    memory = a.copy()
    x = t.from_numpy(memory)
    result = _operator(operation)(x, t.asarray(b))
    expected = _operator(operation)(a.copy(), b)
    assert result is x
    assert x.backend == backend
    check(x, expected)
    np.testing.assert_allclose(memory, expected, 1e-6)


@pytest.mark.parametrize("operation", IN_PLACE + IN_PLACE_BITWISE)
def test_in_place_operator_takes_a_scalar(operation: str, backend: str) -> None:
    name = "int32" if operation in IN_PLACE_BITWISE else "float32"
    a = np.abs(sample(name))
    x = t.asarray(a.copy())
    check(_operator(operation)(x, 2), _operator(operation)(a.copy(), a.dtype.type(2)))


@pytest.mark.parametrize("operation", [*IN_PLACE, "iand"])
def test_in_place_operator_that_would_change_the_dtype_is_a_type_error(
    operation: str, backend: str
) -> None:
    narrow, wide = ("int8", "int16") if operation == "iand" else ("float32", "float64")
    x = t.ones(3, dtype=dtype_of(narrow))
    with pytest.raises(TypeError, match=f"in-place result has dtype {wide}, expected {narrow}"):
        _operator(operation)(x, t.ones(3, dtype=dtype_of(wide)))
    if operation != "iand":
        with pytest.raises(TypeError, match="in-place result has "):
            _operator(operation)(t.ones(3, dtype=t.int8), 0.5)
    assert x.tolist() == [1, 1, 1]


def test_in_place_division_of_integers_is_a_type_error(backend: str) -> None:
    x = t.ones(3, dtype=t.int64)
    with pytest.raises(TypeError, match="in-place result has dtype float32, expected int64"):
        x /= 2


def test_in_place_operator_that_would_change_the_shape_is_a_value_error(backend: str) -> None:
    x = t.ones(3)
    with pytest.raises(ValueError, match=r"shape \(2, 3\) does not broadcast to \(3,\)"):
        x += t.ones((2, 3))
    y = t.ones((1, 3))
    with pytest.raises(ValueError, match=r"shape \(2, 1\) does not broadcast to \(1, 3\)"):
        y *= t.ones((2, 1))


def test_in_place_operator_of_narrower_dtypes_converts_them(backend: str) -> None:
    x = t.ones(2, dtype=t.float64)
    x += t.ones(2)
    check(x, np.array([2.0, 2.0]))
    y = t.ones(2, dtype=t.int32)
    y += t.ones(2, dtype=t.int8)
    check(y, np.array([2, 2], "int32"))


def test_in_place_operator_writes_through_views(backend: str) -> None:
    x = t.zeros((2, 3))
    view = x.T[1:]
    view += 1
    check(x, np.array([[0, 1, 1], [0, 1, 1]], "float32"))


@pytest.mark.parametrize("operation", ["iadd", "isub", "imul"])
def test_in_place_operator_reads_an_overlapping_operand_before_it_writes(
    operation: str, backend: str
) -> None:
    expected, x = np.arange(1.0, 9.0), t.arange(1.0, 9.0, dtype=t.float64)
    for to, source in ((slice(1, None), slice(None, -1)), (slice(4), slice(None, None, 2))):
        expected[to] = _operator(operation)(expected[to].copy(), expected[source].copy())
        view = x[to]
        _operator(operation)(view, x[source])
    check(x, expected)


def test_in_place_operator_on_a_broadcast_view_is_a_value_error(backend: str) -> None:
    x = t.zeros((1, 3))
    rows = t.broadcast_to(x, (2, 3))
    with pytest.raises(ValueError, match="more than one element of"):
        rows += 1
    with pytest.raises(ValueError, match="more than one element of"):
        rows[...] = t.ones((2, 3))
    check(x, np.zeros((1, 3), "float32"))


def test_in_place_matmul_keeps_memory_and_dtype(backend: str) -> None:
    a, b = sample("float32").reshape(2, 3), sample("float32", 9).reshape(3, 3)
    memory = a.copy()
    x = t.from_numpy(memory)
    y = x
    y @= t.asarray(b)
    assert y is x
    np.testing.assert_allclose(memory, a @ b, 1e-5)
    with pytest.raises(TypeError, match="in-place result has dtype float64, expected float32"):
        x @= t.eye(3, dtype=t.float64)
    with pytest.raises(
        ValueError, match=r"matmul: in-place result has shape \(2, 2\), expected \(2, 3\)"
    ):
        x @= t.ones((3, 2))


def test_in_place_operator_stays_on_the_backend_of_its_left_operand(ffi_backend: None) -> None:
    x = t.zeros(2)
    with t.use_backend("numpy"):
        y = t.ones(2)
    x += y
    y -= x
    assert (x.backend, x.tolist()) == ("ffi", [1, 1])
    assert (y.backend, y.tolist()) == ("numpy", [0, 0])


@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64"])
@pytest.mark.parametrize("operation", IN_PLACE[:3] + IN_PLACE[4:6] + IN_PLACE_BITWISE)
def test_in_place_operator_keeps_the_memory_of_wide_unsigned_integers(
    operation: str, name: str, backend: str
) -> None:
    memory = sample(name)
    expected = _operator(operation)(memory.copy(), np.array(3, name))
    x = t.from_numpy(memory)
    assert _operator(operation)(x, 3) is x
    np.testing.assert_array_equal(memory, expected)


def test_in_place_operator_does_not_change_the_shape(backend: str) -> None:
    x = t.ones(3, dtype=t.uint16)
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        x += t.ones((2, 3), dtype=t.uint16)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_in_place_division_gives_the_special_values_of_the_standard(
    name: str, backend: str
) -> None:
    x = t.asarray(np.array([np.inf, -1, 1, -np.inf], name))
    x //= t.asarray(np.array([2, np.inf, -np.inf, -2], name))
    check(x, np.array([np.inf, -0.0, -0.0, np.inf], name))
    y = t.asarray(np.array([-0.0, 0.0, 4], name))
    y %= t.asarray(np.array([1, -1, -2], name))
    check(y, np.array([0.0, -0.0, -0.0], name))


@pytest.mark.parametrize("number", [3, 0.1, -0.0, 0.0, 2**53 + 1, True], ids=str)
@pytest.mark.parametrize("name", ["add_", "sub_", "mul_", "div_", "copy_"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "complex64"])
def test_methods_in_place_take_numbers_as_pytorch_does(
    dtype: str, name: str, number: float, ffi_backend: None, torch: Any
) -> None:
    values = np.array([1, 0, 1], dtype)
    theirs = torch.from_numpy(values.copy())
    try:
        getattr(theirs, name)(number)
    except RuntimeError:
        with pytest.raises((TypeError, RuntimeError, ValueError)):
            getattr(t.asarray(values.copy()), name)(number)
        return
    for _ in range(2):  # the second time the number is in the cache
        x = t.asarray(values.copy())
        assert getattr(x, name)(number) is x
        check(x, theirs.numpy())
