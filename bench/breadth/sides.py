"""The four sides of a row: its namespace on each, its result as plain values, and their comparison."""

from __future__ import annotations

import ast
import copy
import math
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import numpy as np

import torchffi
from bench.breadth import operands
from bench.breadth.operands import Size
from bench.breadth.rows import PROGRAMS, Row
from bench.cases import routes
from torchffi.errors import UnavailableError

# Relative difference that rounding explains, where the sides add in another order.
TOLERANCE: Final = 2e-3
_COMMON: Final = {
    **{"copy": copy, "math": math, "np": np, "operator": operator},
    **{name: import_module(f"bench.breadth.programs.{name}") for name in PROGRAMS},
    **{"trained": operands.trained, "closure_of": operands.closure_of},
}


class DifferentError(AssertionError):
    """Two sides compute different results."""


class MissingError(Exception):
    """A side does not have the operation: the fallback, if only LibTorch has it."""


def statement(row: Row, route: str) -> str | None:
    """The statement of a row on a route; None if there is none."""
    return {"torch": row.torch, "numpy": row.numpy}.get(route, row.ours)


def library(route: str) -> Any:
    """The library of a route."""
    if route == "torch":
        import torch

        return torch
    return np if route == "numpy" else torchffi


_arrays: dict[tuple[str, str], Any] = {}


def array(name: str, size: Size) -> Any:
    """An operand as an array or a plain value, made once."""
    if (name, size.name) not in _arrays:
        table = operands.ARRAYS if name in operands.ARRAYS else operands.VALUES
        _arrays[name, size.name] = table[name](size)
    return _arrays[name, size.name]


def forget() -> None:
    """Frees the arrays of all sizes."""
    _arrays.clear()


def namespace(row: Row, route: str, size: Size) -> dict[str, Any]:
    """The names of the statement of a row on a route. Call it on the route.

    The operand that the row overwrites is a copy; it is also there as ``operand``, for statements that
    assign to its name.
    """
    text = statement(row, route)
    assert text is not None
    found: dict[str, Any] = {**_COMMON, "t": library(route)}
    if route != "numpy":
        found["F"] = library(route).nn.functional
    for name in _free(text):
        _add(found, name, route, size, row.target)
    if row.target is not None:
        found["operand"] = found[row.target]
    return found


def setup(row: Row, route: str) -> str:
    """What precedes the repetitions of the statement: ``x += y`` in a function needs an ``x``."""
    text = statement(row, route)
    assert text is not None
    rebinds = isinstance(ast.parse(text).body[0], ast.AugAssign)
    return f"{row.target} = operand" if rebinds else "pass"


def _free(text: str) -> list[str]:
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    known = (*operands.ARRAYS, *operands.VALUES, *operands.OBJECTS)
    return sorted(name for name in names if name in known)


def _add(found: dict[str, Any], name: str, route: str, size: Size, target: str | None) -> None:
    """Adds an operand, after those that it is made of."""
    if name in found:
        return
    if name in operands.OBJECTS:
        for other in _free(operands.OBJECTS[name]):
            _add(found, other, route, size, target)
        found[name] = eval(operands.OBJECTS[name], found)
    elif name in operands.ARRAYS:
        value = array(name, size)
        found[name] = routes.tensor(route, value.copy() if name == target else value)
    else:
        found[name] = array(name, size)


@contextmanager
def on(route: str) -> Iterator[None]:
    """As ``routes.on``; raises MissingError if only LibTorch has the operation."""
    try:
        with routes.on(route):
            yield
    except (UnavailableError, NotImplementedError) as error:
        if route != "fallback":
            raise
        raise MissingError(str(error)) from None


# ---- Results


def result(row: Row, route: str, names: dict[str, Any]) -> Any:
    """Runs a row once; returns what it computed: its result, or the operand that it overwrote."""
    text = statement(row, route)
    assert text is not None
    names = dict(names)
    if row.outcome is None:
        found = eval(text, names)
    else:
        exec(text, names)
        found = eval(row.outcome, names)
    if isinstance(found, torchffi.Tensor) and routes.route_of(found) != route:
        raise routes.WrongRouteError(f"{route}: the result comes from {routes.route_of(found)}")
    return plain(found)


def plain(value: Any) -> Any:
    """A result as arrays, numbers, text and lists of these."""
    if isinstance(value, torchffi.Tensor):
        if value.dtype is torchffi.dtypes.bfloat16:
            value = value.float()
        return value.detach().numpy()
    if isinstance(value, (np.ndarray, np.generic, bool, int, float, complex)):
        return np.asarray(value)
    if hasattr(value, "bits"):  # limits of a dtype
        return [plain(value.bits), plain(value.max)]
    kind = type(value)
    if kind.__module__.partition(".")[0] == "torch":
        return _plain_of_torch(value)
    if isinstance(value, torchffi.dtypes.DType):
        return value.name
    if isinstance(value, (list, tuple)):
        if value and type(value[0]) is float:
            return np.asarray(value)
        return [plain(one) for one in value]
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    if isinstance(value, np.dtype):
        return value.name
    return value if value is None or isinstance(value, str) else kind.__name__


def _plain_of_torch(value: Any) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        value = value.detach().resolve_conj().resolve_neg()
        return (value.float() if value.dtype is torch.bfloat16 else value).numpy()
    if isinstance(value, (torch.dtype, torch.device)):
        return str(value).removeprefix("torch.")
    return [plain(one) for one in value] if isinstance(value, tuple) else type(value).__name__


def compare(row: Row, ours: Any, theirs: Any) -> None:
    """Checks that a result and a peer's are the same, within rounding.

    Raises:
        DifferentError: If they are not.
    """
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            compare(row, one, other)
        return
    if not isinstance(ours, np.ndarray) or not isinstance(theirs, np.ndarray):
        alike = type(ours) is type(theirs) and not isinstance(ours, list) and ours == theirs
        if not alike and not row.random:
            raise DifferentError(f"{row.ours}: {_shown(ours)} and {_shown(theirs)}")
        return
    if ours.shape != theirs.shape:
        raise DifferentError(f"{row.ours}: shapes {ours.shape} and {theirs.shape}")
    if row.random:
        return
    if row.arbitrary:
        ours, theirs = (np.sort(np.abs(one).ravel()) for one in (ours, theirs))
    if not np.allclose(ours, theirs, TOLERANCE, TOLERANCE, equal_nan=True):
        error = np.abs(ours.astype(complex) - theirs.astype(complex)).max()
        raise DifferentError(f"{row.ours}: the results differ by up to {error:.2g}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
