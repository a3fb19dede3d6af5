"""Functions and operators that look up the function of their operands in C.

Expected values: arithmetic, and Python's own functions, as which they pass.
"""

from __future__ import annotations

import copy
import inspect
import math
import operator
import pickle
import pydoc
from collections.abc import Callable
from typing import Any

import pytest

import torchffi as t
from torchffi.errors import HandleError

# For calls that the annotations refuse.
ANY: Any = t
ANY_OPERATOR: Any = operator

FUNCTIONS = [name for name in t.__all__ if inspect.isroutine(getattr(t, name))]
METHODS = [
    name
    for name in dir(t.Tensor)
    if not name.startswith("_") and inspect.isroutine(getattr(t.Tensor, name))
]
OF_TWO: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.pow, operator.eq, operator.lt, t.add, t.multiply, t.less_equal, t.maximum,
]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_pass_for_functions_in_python(name: str) -> None:
    function = getattr(t, name)
    assert inspect.getdoc(function).splitlines()[0] in pydoc.render_doc(function)  # type: ignore[union-attr]
    assert function.__name__ == name
    assert function.__module__.startswith("torchffi")
    assert inspect.signature(function).parameters is not None
    assert pickle.loads(pickle.dumps(function)) is function
    assert copy.deepcopy(function) is function


@pytest.mark.parametrize("name", METHODS)
def test_help_shows_the_docstrings_of_methods(name: str) -> None:
    method = getattr(t.Tensor, name)
    documented = inspect.getdoc(method)
    assert documented
    assert documented.splitlines()[0] in pydoc.render_doc(method, renderer=pydoc.plaintext)


def test_attributes_can_be_set() -> None:
    t.exp.note = "seen"  # type: ignore[attr-defined]
    assert t.exp.note == "seen"  # type: ignore[attr-defined]
    del t.exp.note  # type: ignore[attr-defined]
    assert not hasattr(t.exp, "note")


@pytest.mark.parametrize("function", OF_TWO)
@pytest.mark.parametrize("number", [2, 0, -1, 2.5, 0.0, -0.0, math.inf, math.nan, True, 2**40])
@pytest.mark.parametrize("backend", ["ffi", "numpy"])
def test_a_number_gives_what_a_tensor_gives(
    function: Callable[[Any, Any], Any], number: float, backend: str
) -> None:
    """Also the second time, when the number is known, and after its negative zero."""
    with t.use_backend(backend):
        x = t.asarray([1.5, -2.0, 0.0, -0.0, math.inf])
        for of in (number, -number, number):
            y = t.full((5,), math.copysign(abs(of), of), dtype=t.float32)
            for found, expected in (
                (function(x, of), function(x, y)),
                (function(of, x), function(y, x)),
            ):
                assert repr(found.tolist()) == repr(expected.tolist()), (of, found, expected)


@pytest.mark.parametrize("backend", ["ffi", "numpy"])
def test_what_is_no_operand_is_an_error(backend: str) -> None:
    with t.use_backend(backend):
        x = t.asarray([1.0, 2.0])
        for call in (
            lambda: ANY.add(x),
            lambda: ANY.add(x, x, x),
            lambda: ANY.add(x, x2=x),
            lambda: ANY.exp(),
            lambda: ANY.exp(x=x),
            lambda: ANY.add(x, "1"),
            lambda: ANY.add(x, [1.0]),
            lambda: ANY_OPERATOR.add(x, "1"),
            lambda: ANY_OPERATOR.add(x, None),
            lambda: ANY.exp("1"),
            lambda: ANY_OPERATOR.iadd(x, {}),
        ):
            with pytest.raises(TypeError):
                call()
        assert x.tolist() == [1.0, 2.0]
        with pytest.raises(ValueError, match=r"broadcast|shape|size"):
            x + t.ones(3)
        with pytest.raises(ValueError, match=r"broadcast|shape|size"):
            x += t.ones(3)
        assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("backend", ["ffi", "numpy"])
def test_a_freed_operand_is_an_error(backend: str) -> None:
    with t.use_backend(backend):
        x, y = t.ones(2), t.ones(2)
        t.tensor_free(y)
        for call in (
            lambda: x + y,
            lambda: y + x,
            lambda: y + 1,
            lambda: 1 - y,
            lambda: ANY.exp(y),
            lambda: ANY_OPERATOR.iadd(y, x),
            lambda: ANY_OPERATOR.iadd(x, y),
            lambda: -y,
        ):
            with pytest.raises(HandleError, match="freed"):
                call()


def test_in_place_operators_return_their_operand() -> None:
    for backend in ("ffi", "numpy"):
        with t.use_backend(backend):
            x = first = t.asarray([1.0, 2.0])
            x += x
            x *= 3
            x *= 3
            x -= 0.5
            assert x is first
            assert x.tolist() == [17.5, 35.5]
            assert x.add_(x) is first
            assert x.tolist() == [35.0, 71.0]
