"""The four ways to compute that the benchmark compares, and what keeps it honest about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
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
Array = np.ndarray[Any, Any]
_LARGE = 1_000_000  # bytes


class WrongRouteError(AssertionError):
    """A case ran on another route than it names."""


@contextmanager
def on(route: str) -> Iterator[None]:
    """Computes on a route, and refuses what came back to NumPy on the way.

    LibTorch has to be the default, as it is for users: a chosen backend is looked up elsewhere.

    Raises:
        WrongRouteError: If an operation of the block fell back, or LibTorch cannot be used.
    """
    before = torchffi.fallback_counts()
    if route == "ffi" and torchffi.get_backend() != "ffi":
        reason = torchffi.diagnose()["reason"]
        raise WrongRouteError(f"ffi: torchffi computes with {torchffi.get_backend()}: {reason}")
    with torchffi.use_backend("numpy") if route == "fallback" else nullcontext():
        yield
    after = torchffi.fallback_counts()
    if after != before:
        fell = sorted(name for name in after if after[name] != before.get(name))
        raise WrongRouteError(f"{route}: {', '.join(fell)} fell back to NumPy")


def tensor(route: str, array: Array) -> Any:
    """The array as that route's tensor: a copy, but of a large one the same memory for all routes.

    In which pages of memory a copy comes to lie is luck, and worth 5 % of the time. To be called on
    the route.
    """
    shared = array.nbytes >= _LARGE
    if route == "torch":
        import torch

        return torch.from_numpy(array) if shared else torch.tensor(array)
    if route == "numpy":
        return array if shared else np.array(array)
    return torchffi.from_numpy(array) if shared else torchffi.asarray(array, copy=True)


def names(route: str, *arrays: Array) -> dict[str, Any]:
    """What the statements name: the arrays as tensors ``a``, ``b``, and the route's functions.

    ``array`` is the first of them as it is, ``t`` the first element as a tensor of no axes.
    To be called on the route.
    """
    functions: dict[str, Any] = {}
    if route == "torch":
        import torch

        functions = {"relu": torch.relu, "zeros": torch.zeros}
        functions |= {"from_numpy": torch.from_numpy, "ops": torch.ops}
    elif route != "numpy":
        functions = {"relu": torchffi.nn.relu, "zeros": torchffi.zeros}
        functions |= {"from_numpy": torchffi.from_numpy, "ops": torchffi.ops}
    tensors = {name: tensor(route, array) for name, array in zip(("a", "b"), arrays, strict=False)}
    first = tensor(route, arrays[0].ravel()[:1].reshape(()))
    return {**tensors, "t": first, "array": arrays[0], **functions}


def set_threads(count: int) -> None:
    """Lets LibTorch compute with so many threads, from either side: they share one.

    Raises:
        WrongRouteError: If they do not.
    """
    import torch

    torchffi.set_num_threads(count)
    found = torchffi.get_num_threads(), torch.get_num_threads()
    if found != (count, count):
        raise WrongRouteError(f"torchffi and PyTorch have {found} threads, expected {count}")


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


def check(route: str, result: object, expected: Array, tolerance: float) -> None:
    """Refuses a result that came by another route, or is wrong.

    Args:
        route: The one that the case names.
        result: A tensor; or a tensor and the host value made of it.
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
    if (values.shape, values.dtype) != (expected.shape, expected.dtype):
        raise AssertionError(
            f"{route}: the result is {values.dtype} of shape {values.shape}, expected "
            f"{expected.dtype} of shape {expected.shape}"
        )
    error = np.abs(values - expected)
    if not np.all(error <= tolerance * (1 + np.abs(expected))):  # not so for NaN either
        raise AssertionError(f"{route}: the result is off by up to {error.max():.2g}")
