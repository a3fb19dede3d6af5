"""The four ways to compute that the benchmark compares, and what keeps it honest about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

import numpy as np

import torchffi

# Route -> what it is called in the report.
NAMES = {
    "ffi": "torchffi on LibTorch",
    "fallback": "torchffi on NumPy",
    "numpy": "plain NumPy",
    "torch": "PyTorch's Python",
}
_BACKENDS = {"ffi": "ffi", "fallback": "numpy"}


class WrongRouteError(AssertionError):
    """A case ran on another route than it names."""


def installed() -> list[str]:
    """The routes that can be measured here: all, or all but PyTorch's own Python."""
    return [route for route in NAMES if route != "torch" or find_spec("torch") is not None]


@contextmanager
def on(route: str) -> Iterator[None]:
    """Computes on a route, and refuses what came back to NumPy on the way.

    Raises:
        WrongRouteError: If an operation of the block fell back.
    """
    before = torchffi.fallback_counts()
    backend = _BACKENDS.get(route)
    with torchffi.use_backend(backend) if backend else nullcontext():
        yield
    after = torchffi.fallback_counts()
    if after != before:
        fell = sorted(name for name in after if after[name] != before.get(name))
        raise WrongRouteError(f"{route}: {', '.join(fell)} fell back to NumPy")


def route_of(value: object) -> str:
    """The route that a result shows it came by.

    Raises:
        WrongRouteError: If it is no result of any.
    """
    if isinstance(value, torchffi.Tensor):
        return "ffi" if value.backend == "ffi" else "fallback"
    if type(value) is np.ndarray:
        return "numpy"
    if type(value).__module__ == "torch":
        return "torch"
    raise WrongRouteError(f"a {type(value).__name__} is no tensor")


def check(route: str, result: object, expected: np.ndarray[Any, Any], tolerance: float) -> None:
    """Refuses a result that came by another route, or is wrong.

    Args:
        route: The one that the case names.
        result: A tensor; or a tensor and the host array made of it.
        expected: The values.
        tolerance: The largest difference that rounding explains.

    Raises:
        WrongRouteError: If it came by another route.
        AssertionError: If a value is wrong.
    """
    tensor, host = result if isinstance(result, tuple) else (result, None)
    found = route_of(tensor)
    if found != route:
        raise WrongRouteError(f"{route}: the result is of {NAMES[found]}")
    values = np.asarray(tensor if host is None else host)
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance, strict=True)
