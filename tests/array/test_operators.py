"""Python's operators: reflected operators, scalars, and operands of other types."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import INTEGERS, check, dtype_of, sample

pytestmark = pytest.mark.filterwarnings("error")

ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
BITWISE = ["and_", "or_", "xor", "lshift", "rshift"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]


class Foreign:
    """A type that implements operators with a tensor."""

    def __radd__(self, other: object) -> str:
        return "mine"

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


def _operator(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(operator, name)
    return function


@pytest.mark.parametrize("operation", ARITHMETIC + BITWISE + COMPARISONS)
def test_operator_of_two_tensors_gives_what_numpy_gives(operation: str, backend: str) -> None:
    name = "int32" if operation in BITWISE else "float32"
    a, b = np.abs(sample(name)), np.abs(sample(name)[::-1])
    check(_operator(operation)(t.asarray(a), t.asarray(b.copy())), _operator(operation)(a, b))


@pytest.mark.parametrize("scalar", [2, 3.0, True])
@pytest.mark.parametrize("operation", ARITHMETIC + COMPARISONS)
def test_operator_takes_a_scalar_on_either_side(
    operation: str, scalar: float, backend: str
) -> None:
    values = np.abs(sample("float32"))
    # NumPy promotes True as an integer, which does not promote with float32.
    theirs = np.float32(scalar)
    function = _operator(operation)
    check(function(t.asarray(values), scalar), function(values, theirs))
    check(function(scalar, t.asarray(values)), function(theirs, values))


@pytest.mark.parametrize("operation", BITWISE)
def test_bitwise_operator_takes_an_integer_on_either_side(operation: str, backend: str) -> None:
    values = np.array([1, 2, 3], "int32")
    function = _operator(operation)
    check(function(t.asarray(values), 2), function(values, np.int32(2)))
    check(function(6, t.asarray(values)), function(np.int32(6), values))


@pytest.mark.parametrize("scalar", [np.float32(2), np.float64(2), np.int64(2)])
@pytest.mark.parametrize("operation", ARITHMETIC + COMPARISONS)
def test_numpy_scalar_on_either_side_gives_a_tensor(
    operation: str, scalar: Any, backend: str
) -> None:
    x = t.asarray([1.0, 2.0, 3.0])
    function = _operator(operation)
    check(function(x, scalar), function(x.numpy(), np.float32(scalar)))
    check(function(scalar, x), function(np.float32(scalar), x.numpy()))


def test_operators_of_one_tensor(backend: str) -> None:
    x = np.array([1, -2, 3], "int32")
    check(-t.asarray(x), -x)
    check(+t.asarray(x), x)
    check(~t.asarray(x), ~x)
    check(abs(t.asarray(x)), abs(x))
    check(~t.asarray([True, False]), np.array([False, True]))
    y = t.asarray(x)
    assert +y is y  # as in PyTorch


def test_matmul_operator(backend: str) -> None:
    a, b = sample("float32").reshape(2, 3), sample("float32").reshape(3, 2)
    check(t.asarray(a) @ t.asarray(b), a @ b, rtol=1e-5)
    with pytest.raises(TypeError):
        2 @ t.asarray(a)  # type: ignore[operator]


@pytest.mark.parametrize("foreign", [None, "2", [1, 2], {}, object(), np.str_("a")])
@pytest.mark.parametrize(
    "operation", [*ARITHMETIC, "matmul", "and_", "lt", "iadd", "ipow", "imatmul"]
)
def test_operand_of_another_type_is_a_type_error(
    operation: str, foreign: Any, backend: str
) -> None:
    x = t.ones(2)
    with pytest.raises(TypeError):
        _operator(operation)(x, foreign)
    formats = operation == "mod" and isinstance(foreign, str)
    if not operation.startswith("i") and not formats:
        with pytest.raises(TypeError):
            _operator(operation)(foreign, x)
    assert x.tolist() == [1, 1]


@pytest.mark.parametrize("operation", [*ARITHMETIC, "matmul", "lt", "eq", "iadd"])
def test_array_and_tensor_are_a_type_error_in_either_order(operation: str, backend: str) -> None:
    x, array = t.ones(2), np.ones(2, "float32")
    with pytest.raises(TypeError, match="expected a Tensor or a Python scalar, got an ndarray"):
        _operator(operation)(x, array)
    with pytest.raises(TypeError):
        _operator(operation)(array, x)


def test_reflected_operators_of_other_types_are_called(backend: str) -> None:
    x, foreign = t.ones(2), Foreign()
    assert x + foreign == "mine"
    assert (x == foreign) is True
    assert x.__add__(foreign) is NotImplemented  # type: ignore[arg-type]
    assert x.__iadd__(foreign) is NotImplemented  # type: ignore[arg-type]


def test_equality_with_other_types_is_identity(backend: str) -> None:
    x = t.ones(2)
    assert (x == "a") is False
    assert (x != None) is True  # noqa: E711
    assert x not in [None, "a"]


def test_tensors_are_hashed_by_identity(backend: str) -> None:
    x, y = t.ones(2), t.ones(2)
    assert len({x, y, x}) == 2
    assert hash(x) == hash(x)


def test_methods_of_the_original_interface_are_operators(backend: str) -> None:
    x = t.asarray([1.0, -2.0])
    check(x.add(1), np.array([2, -1], "float32"))
    check(x.mul(x), np.array([1, 4], "float32"))
    check(x.relu(), np.array([1, 0], "float32"))
    check(x.sigmoid(), 1 / (1 + np.exp(-x.numpy())))
    check(x.tanh(), np.tanh(x.numpy()))
    assert x.matmul(x).item() == 5


MIXED: dict[str, Callable[[t.Tensor, t.Tensor], t.Tensor]] = {
    "add": operator.add,
    "matmul": operator.matmul,
    "where": lambda a, b: t.where(a > 0, a, b),
    "concat": lambda a, b: t.concat([a, b]),
    "linear": t.nn.linear,
}


@pytest.mark.parametrize("case", MIXED)
def test_operands_of_both_backends_are_computed_on_ffi(case: str, ffi_backend: None) -> None:
    a, b = sample("float32", 9).reshape(3, 3), sample("float32", 9, 3).reshape(3, 3)
    x = t.asarray(a.copy())
    with t.use_backend("numpy"):
        y = t.asarray(b.copy())
        results = [MIXED[case](x, y), MIXED[case](y, x)]
    assert [r.backend for r in results] == ["ffi", "ffi"]
    with t.use_backend("numpy"):
        p, q = t.asarray(a), t.asarray(b)
        check(results[0], MIXED[case](p, q).numpy(), rtol=1e-5)
        check(results[1], MIXED[case](q, p).numpy(), rtol=1e-5)


@pytest.mark.parametrize("kind", ["read-only", "reversed", "unaligned", "strided"])
def test_array_that_libtorch_cannot_share_works_with_an_ffi_tensor(
    kind: str, ffi_backend: None
) -> None:
    array = np.arange(4, dtype="float32")
    if kind == "read-only":
        array.setflags(write=False)
    elif kind == "reversed":
        array = array[::-1]
    elif kind == "strided":
        array = np.arange(8, dtype="float32")[::2]
    else:
        array = np.frombuffer(bytearray(17), "float32", 4, offset=1)
    with t.use_backend("numpy"):
        y = t.from_numpy(array)
    check(t.ones(4) + y, 1 + array)


@pytest.mark.parametrize("name", INTEGERS)
def test_no_element_is_divided_by_zero(name: str, backend: str) -> None:
    x = t.zeros((2, 0), dtype=dtype_of(name))
    zero = t.zeros((), dtype=dtype_of(name))
    results = [x // 0, x % 0, 5 // x, 5 % x, x // zero, x % zero, zero % x, *divmod(x, 0)]
    assert all((result.shape, result.dtype) == ((2, 0), x.dtype) for result in results)
    x //= 0
    x %= 0
    assert x.shape == (2, 0)
    for divide in (
        lambda a: a // 0,
        lambda a: a % 0,
        lambda a: divmod(1, a),
        lambda a: divmod(a, 0),
    ):
        with pytest.raises(ValueError, match=r"(?i)zero"):
            divide(t.zeros(1, dtype=dtype_of(name)))


def test_divmod_gives_the_quotient_and_the_remainder(backend: str) -> None:
    for a, b in (([5, -7], 3), ([5.5, -7.0], 2.0)):
        x, array = t.asarray(a), np.asarray(a)
        dtype = "float32" if isinstance(b, float) else "int64"
        for ours, theirs in zip(divmod(x, b), divmod(array, b), strict=True):
            check(ours, theirs.astype(dtype))
        for ours, theirs in zip(divmod(b, x), divmod(b, array), strict=True):
            check(ours, theirs.astype(dtype))
        for ours, theirs in zip(divmod(x, x), divmod(array, array), strict=True):
            check(ours, theirs.astype(dtype))
    with pytest.raises(TypeError):
        divmod(t.ones(2), "a")


def test_a_0d_tensor_is_rounded_to_a_python_number(backend: str) -> None:
    for value in (2.5, -1.5, 1.25, 0.0):
        x = t.asarray(value)
        for function in (round, math.trunc, math.floor, math.ceil):
            result = function(x)
            assert (result, type(result)) == (function(value), int)
        assert round(x, 1) == round(value, 1)
    large = t.asarray(2**62 + 1)  # not a float64
    assert {f(large) for f in (round, math.trunc, math.floor, math.ceil)} == {2**62 + 1}
    assert round(large, -1) == round(2**62 + 1, -1)
    with pytest.raises(ValueError, match=r"round: shape \(2,\) has 2 elements"):
        round(t.ones(2))
    with pytest.raises(ValueError, match=r"trunc: shape \(2,\) has 2 elements"):
        math.trunc(t.ones(2))
