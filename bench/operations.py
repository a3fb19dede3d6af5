"""The operations that the benchmark times, written for each route as its users write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import torchffi
from torchffi import nn

SIZES = (2, 64, 512, 2048)
SENTENCES = (1, 8)
# Operation -> what it is called in the report. All on two n x n arrays of float32.
NAMES = {
    "ones": "ones",
    "add": "a + b",
    "mul": "a * b",
    "matmul": "a @ b",
    "relu": "relu(a)",
    "sigmoid": "sigmoid(a)",
    "tanh": "tanh(a)",
    "share": "host -> tensor -> host, shared",
    "copy": "host -> tensor -> host, copied",
    "minilm": "MiniLM forward pass",
}
_FROM_HOST = ("share", "copy")

Array = np.ndarray[Any, Any]
Operation = Callable[[Any, Any], Any]


def _torchffi() -> dict[str, Operation]:
    def share(a: Array, _: Array) -> object:
        tensor = torchffi.from_numpy(a)
        return tensor, tensor.numpy()

    def copy(a: Array, _: Array) -> object:
        tensor = torchffi.asarray(a, copy=True)
        return tensor, tensor.numpy()

    return {
        "ones": lambda a, _: torchffi.ones(a.shape),
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "matmul": lambda a, b: a @ b,
        "relu": lambda a, _: nn.relu(a),
        "sigmoid": lambda a, _: nn.sigmoid(a),
        "tanh": lambda a, _: torchffi.tanh(a),
        "share": share,
        "copy": copy,
    }


def _numpy() -> dict[str, Operation]:
    def share(a: Array, _: Array) -> object:
        view = a.view()
        return view, view.view()

    def copy(a: Array, _: Array) -> object:
        copied = np.array(a)
        return copied, copied.view()

    return {
        "ones": lambda a, _: np.ones(a.shape, np.float32),
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "matmul": lambda a, b: a @ b,
        "relu": lambda a, _: np.maximum(a, 0),
        "sigmoid": lambda a, _: 1 / (1 + np.exp(-a)),
        "tanh": lambda a, _: np.tanh(a),
        "share": share,
        "copy": copy,
    }


def _torch() -> dict[str, Operation]:
    import torch

    def share(a: Array, _: Array) -> object:
        tensor = torch.from_numpy(a)
        return tensor, tensor.numpy()

    def copy(a: Array, _: Array) -> object:
        tensor = torch.tensor(a)
        return tensor, tensor.numpy()

    return {
        "ones": lambda a, _: torch.ones(a.shape),
        "add": lambda a, b: a + b,
        "mul": lambda a, b: a * b,
        "matmul": lambda a, b: a @ b,
        "relu": lambda a, _: torch.relu(a),
        "sigmoid": lambda a, _: torch.sigmoid(a),
        "tanh": lambda a, _: torch.tanh(a),
        "share": share,
        "copy": copy,
    }


_OPERATIONS = {"ffi": _torchffi, "fallback": _torchffi, "numpy": _numpy, "torch": _torch}


@cache
def operands(size: int) -> tuple[Array, Array]:
    """Two float32 arrays of shape (size, size), uniform in [-1, 1), the same every time."""
    generator = np.random.default_rng(size)
    a, b = generator.uniform(-1, 1, (2, size, size)).astype(np.float32)
    return a, b


def operand(route: str, array: Array) -> Any:
    """A copy of the array as that route's tensor."""
    if route in ("ffi", "fallback"):
        return torchffi.asarray(array, copy=True)
    if route == "torch":
        import torch

        return torch.tensor(array)
    return array.copy()


def operation(route: str, name: str, size: int) -> Callable[[], Any]:
    """The function to time: one operation on a route, on operands that are ready."""
    run = _OPERATIONS[route]()[name]
    a, b = operands(size)
    if name not in _FROM_HOST:
        a, b = operand(route, a), operand(route, b)
    return lambda: run(a, b)


def expected(name: str, size: int) -> tuple[Array, float]:
    """What it must give, by NumPy in float64, and the largest error of float32."""
    a, b = operands(size)
    result = _numpy()[name](a.astype(np.float64), b.astype(np.float64))
    values = result[1] if isinstance(result, tuple) else result
    return values.astype(np.float32), 1e-6 * max(size, 10)
