"""Expressions over symbolic sizes, compiled without evaluating Python code of the file."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from torchffi.errors import NotSupportedError

Environment = Mapping[str, Any]
Compiled = Callable[[Environment], Any]

_MAX_LENGTH: Final = 10_000
# The names of SymPy's classes in printed expressions, with PyTorch's own.
_CALLS: Final[dict[str, Callable[..., Any]]] = {
    "Integer": int,
    "Float": lambda value, precision=0: float(value),
    "Rational": lambda a, b: a / b,
    "Add": lambda *terms: sum(terms),
    "Mul": lambda *factors: math.prod(factors),
    "Pow": operator.pow,
    "PowByNatural": operator.pow,
    "FloorDiv": operator.floordiv,
    "CeilDiv": lambda a, b: -(-a // b),
    "CleanDiv": operator.floordiv,
    "IntTrueDiv": operator.truediv,
    "FloatTrueDiv": operator.truediv,
    "Mod": operator.mod,
    "PythonMod": operator.mod,
    "ModularIndexing": lambda a, b, c: a // b % c,
    "Max": max,
    "Min": min,
    "Abs": abs,
    "Eq": operator.eq,
    "Equality": operator.eq,
    "Ne": operator.ne,
    "Unequality": operator.ne,
    "Lt": operator.lt,
    "StrictLessThan": operator.lt,
    "Le": operator.le,
    "LessThan": operator.le,
    "Gt": operator.gt,
    "StrictGreaterThan": operator.gt,
    "Ge": operator.ge,
    "GreaterThan": operator.ge,
    "And": lambda *terms: all(terms),
    "Or": lambda *terms: any(terms),
    "Not": operator.not_,
    "ToFloat": float,
    "TruncToInt": math.trunc,
    "FloorToInt": math.floor,
    "CeilToInt": math.ceil,
    "floor": math.floor,
    "ceiling": math.ceil,
    "max": max,
    "min": min,
    "abs": abs,
    "int": int,
    "float": float,
    "math.floor": math.floor,
    "math.ceil": math.ceil,
    "math.trunc": math.trunc,
    "math.sqrt": math.sqrt,
}
_BINARY: Final[dict[type, Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: Final[dict[type, Callable[[Any], Any]]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_COMPARE: Final[dict[type, Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compile_expression(text: str) -> Compiled:
    """A function of an environment for an expression.

    Symbols are looked up by their name, ``Symbol('s0', ...)`` as ``s0``, and so are the sizes of inputs,
    ``L['x'].size()[0]``, by their text.

    Raises:
        NotImplementedError: It has a part that is not arithmetic, comparison or a known function.
    """
    if len(text) > _MAX_LENGTH:
        raise NotSupportedError(f"an expression of {len(text)} characters")
    try:
        return _compile(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        raise NotSupportedError(f"not an expression: {text!r:.200} ({error})") from None


_INFIX: Final = {"Add": " + ", "Mul": "*", "FloorDiv": "//", "Mod": " % ", "Pow": "**"}


def shown(text: str) -> str:
    """An expression as people write it: ``2*s0`` for ``Mul(Integer(2), Symbol('s0'))``."""
    try:
        return _shown(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return text


def _shown(node: ast.expr, inner: bool = False) -> str:
    if not isinstance(node, ast.Call):
        return ast.unparse(node)
    name = ast.unparse(node.func)
    if name in ("Symbol", "Integer") and node.args:
        return ast.unparse(node.args[0]).strip("'")
    if name not in _INFIX:
        return f"{name}({', '.join(map(_shown, node.args))})"
    joined = _INFIX[name].join(_shown(one, True) for one in node.args)
    return f"({joined})" if inner and name == "Add" else joined


def _compile(node: ast.expr) -> Compiled:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)):
        value = node.value
        return lambda environment: value
    if isinstance(node, ast.Name) and node.id in ("true", "false", "S"):
        return lambda environment: node.id == "true"
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _apply(_BINARY[type(node.op)], [node.left, node.right])
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _apply(_UNARY[type(node.op)], [node.operand])
    if isinstance(node, ast.BoolOp):
        join = all if isinstance(node.op, ast.And) else any
        terms = [_compile(value) for value in node.values]
        return lambda environment: join(term(environment) for term in terms)
    if isinstance(node, ast.Compare):
        return _comparison(node)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name == "Symbol" and node.args and isinstance(node.args[0], ast.Constant):
            symbol = str(node.args[0].value)
            return lambda environment: environment[symbol]
        if name in _CALLS and not any(isinstance(one, ast.Starred) for one in node.args):
            return _apply(_CALLS[name], node.args)  # keywords are assumptions or a precision
    if isinstance(node, ast.Subscript):  # L['x'].size()[0] or L['x']
        place = ast.unparse(node)
        if place.startswith("L["):
            return lambda environment: environment[place]
    raise NotSupportedError(f"{ast.unparse(node)!r:.200} in an expression over sizes")


def _apply(function: Callable[..., Any], nodes: list[ast.expr]) -> Compiled:
    parts = [_compile(node) for node in nodes]
    return lambda environment: function(*[part(environment) for part in parts])


def _comparison(node: ast.Compare) -> Compiled:
    parts = [_compile(one) for one in (node.left, *node.comparators)]
    tests = []
    for op in node.ops:
        if type(op) not in _COMPARE:
            raise NotSupportedError(f"{ast.unparse(node)!r:.200} in an expression over sizes")
        tests.append(_COMPARE[type(op)])

    def compare(environment: Environment) -> bool:
        values = [part(environment) for part in parts]
        return all(test(a, b) for test, a, b in zip(tests, values[:-1], values[1:], strict=True))

    return compare
