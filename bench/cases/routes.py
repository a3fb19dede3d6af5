"""The four routes that the benchmark compares, and the checks that a case ran on its route."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

import torchffi

# Route -> its name in the report.
NAMES = {
    "ffi": "torchffi on LibTorch",
    "fallback": "torchffi on NumPy",
    "numpy": "plain NumPy",
    "torch": "PyTorch's Python",
}
Array = np.ndarray[Any, Any]
_LARGE = 1_000_000  # bytes


class WrongRouteError(AssertionError):
    """A case ran on another route than the one it names."""


@contextmanager
def on(route: str) -> Iterator[None]:
    """Computes on a route, and raises if operations fell back to NumPy.

    LibTorch must be the default backend, as for users: use_backend() takes another lookup.

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
    """The array as a tensor of the route: a copy if it is small, shared by all routes if it is large.

    The placement of a copy in memory is random and changes the time by 5 %. Call it on the route.
    """
    shared = array.nbytes >= _LARGE
    if route == "torch":
        import torch

        return torch.from_numpy(array) if shared else torch.tensor(array)
    if route == "numpy":
        return array if shared else np.array(array)
    return torchffi.from_numpy(array) if shared else torchffi.asarray(array, copy=True)


def names(route: str, *arrays: Array) -> dict[str, Any]:
    """The namespace of statements: the arrays as tensors ``a``, ``b``, and the route's functions.

    ``array`` is the first array itself, ``t`` its first element as a 0-d tensor. Call it on the route.
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
    """Sets the number of threads of LibTorch, which torchffi and PyTorch share.

    Raises:
        WrongRouteError: If they do not share it.
    """
    import torch

    torchffi.set_num_threads(count)
    found = torchffi.get_num_threads(), torch.get_num_threads()
    if found != (count, count):
        raise WrongRouteError(f"torchffi and PyTorch have {found} threads, expected {count}")


def route_of(value: object) -> str:
    """The route that computed a result.

    Raises:
        WrongRouteError: If the result is of no route.
    """
    if isinstance(value, torchffi.Tensor):
        return "ffi" if value.backend == "ffi" else "fallback"
    if type(value) is np.ndarray:
        return "numpy"
    if type(value).__module__ == "torch":
        return "torch"
    raise WrongRouteError(f"a {type(value).__name__} is not a tensor")


def check(route: str, result: object, expected: Array, tolerance: float) -> None:
    """Checks the route and the value of a result.

    Args:
        route: The expected route.
        result: A tensor, or a tensor and the host value made from it.
        expected: The expected values.
        tolerance: The largest relative difference that rounding explains.

    Raises:
        WrongRouteError: If the route is another one.
        AssertionError: If a value is wrong.
    """
    tensor, host = result if isinstance(result, tuple) else (result, None)
    found = route_of(tensor)
    if found != route:
        raise WrongRouteError(f"{route}: the result comes from {NAMES[found]}")
    values = np.asarray(tensor if host is None else host)
    if (values.shape, values.dtype) != (expected.shape, expected.dtype):
        raise AssertionError(
            f"{route}: the result is {values.dtype} of shape {values.shape}, expected "
            f"{expected.dtype} of shape {expected.shape}"
        )
    error = np.abs(values - expected)
    if not np.all(error <= tolerance * (1 + np.abs(expected))):  # false for NaN too
        raise AssertionError(f"{route}: the result is off by up to {error.max():.2g}")
