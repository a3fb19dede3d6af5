"""Python's operators: reflected, in place, beside scalars and beside what is foreign."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check, dtype_of, sample

pytestmark = pytest.mark.filterwarnings("error")

ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow"]
BITWISE = ["and_", "or_", "xor", "lshift", "rshift"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
IN_PLACE = ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"]
IN_PLACE_BITWISE = ["iand", "ior", "ixor", "ilshift", "irshift"]


class Foreign:
    """A type that knows what to do beside a tensor."""

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
    # NumPy has True take part as an integer, for which it has no place beside float32.
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
    assert +y is not y


def test_matmul_operator(backend: str) -> None:
    a, b = sample("float32").reshape(2, 3), sample("float32").reshape(3, 2)
    check(t.asarray(a) @ t.asarray(b), a @ b, rtol=1e-5)
    with pytest.raises(TypeError):
        2 @ t.asarray(a)  # type: ignore[operator]


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
    with pytest.raises(
        TypeError, match=f"the result is {wide}, which {narrow} cannot hold in place"
    ):
        _operator(operation)(x, t.ones(3, dtype=dtype_of(wide)))
    if operation != "iand":
        with pytest.raises(TypeError, match="cannot hold in place"):
            _operator(operation)(t.ones(3, dtype=t.int8), 0.5)
    assert x.tolist() == [1, 1, 1]


def test_in_place_division_of_integers_is_a_type_error(backend: str) -> None:
    x = t.ones(3, dtype=t.int64)
    with pytest.raises(TypeError, match="the result is float32, which int64 cannot hold in place"):
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


def test_in_place_operator_on_a_stretched_view_is_a_value_error(backend: str) -> None:
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
    with pytest.raises(
        TypeError, match="the result is float64, which float32 cannot hold in place"
    ):
        x @= t.eye(3, dtype=t.float64)
    with pytest.raises(ValueError, match=r"matmul: .* shape \(2, 2\), which shape \(2, 3\) cannot"):
        x @= t.ones((3, 2))


@pytest.mark.parametrize("foreign", [None, "2", [1, 2], {}, object(), np.str_("a")])
@pytest.mark.parametrize(
    "operation", [*ARITHMETIC, "matmul", "and_", "lt", "iadd", "ipow", "imatmul"]
)
def test_foreign_operand_is_a_type_error(operation: str, foreign: Any, backend: str) -> None:
    x = t.ones(2)
    with pytest.raises(TypeError):
        _operator(operation)(x, foreign)
    formats = operation == "mod" and isinstance(foreign, str)
    if not operation.startswith("i") and not formats:
        with pytest.raises(TypeError):
            _operator(operation)(foreign, x)
    assert x.tolist() == [1, 1]


@pytest.mark.parametrize("operation", [*ARITHMETIC, "matmul", "lt", "eq", "iadd"])
def test_array_beside_a_tensor_is_a_type_error_in_either_order(
    operation: str, backend: str
) -> None:
    x, array = t.ones(2), np.ones(2, "float32")
    with pytest.raises(TypeError, match="expected a Tensor or a Python scalar, got an ndarray"):
        _operator(operation)(x, array)
    with pytest.raises(TypeError):
        _operator(operation)(array, x)


def test_foreign_type_may_answer_for_itself(backend: str) -> None:
    x, foreign = t.ones(2), Foreign()
    assert x + foreign == "mine"
    assert (x == foreign) is True
    assert x.__add__(foreign) is NotImplemented  # type: ignore[arg-type]
    assert x.__iadd__(foreign) is NotImplemented  # type: ignore[arg-type]


def test_equality_with_what_is_no_number_is_identity(backend: str) -> None:
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
def test_operands_of_both_backends_meet_on_ffi(case: str, ffi_backend: None) -> None:
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


def test_in_place_operator_stays_on_the_backend_of_its_left_operand(ffi_backend: None) -> None:
    x = t.zeros(2)
    with t.use_backend("numpy"):
        y = t.ones(2)
    x += y
    y -= x
    assert (x.backend, x.tolist()) == ("ffi", [1, 1])
    assert (y.backend, y.tolist()) == ("numpy", [0, 0])


@pytest.mark.parametrize("kind", ["read-only", "reversed", "unaligned", "strided"])
def test_array_that_libtorch_cannot_share_still_meets_an_ffi_tensor(
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
