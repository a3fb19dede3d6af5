"""An overload of an ATen operator that runs on the backend of its operands.

On LibTorch it is called by name. On NumPy a function of the table computes it, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from torchffi._core.backends import FFI, NUMPY, default_backend, numpy_reason
from torchffi._core.tensor import Tensor
from torchffi.errors import DTypeError, TorchError, UnavailableError

_LIBTORCH_CLASSES: Final = frozenset(FFI.classes.values())


def _tensors(values: Iterable[Any]) -> Iterable[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


class Operator:
    """An overload of an ATen operator, with the name of the public function for its errors.

    Args:
        function: The public function.
        name: ATen's name with that of the overload, such as ``"conv2d"`` or ``"max.dim"``.
    """

    __slots__ = ("_function", "_name", "_on_libtorch")

    def __init__(self, function: str, name: str) -> None:
        self._function = function
        self._name = name
        self._on_libtorch: Callable[..., Any] = self._first

    def _first(self, /, *arguments: Any, **named: Any) -> Any:
        """Finds the overload, which later calls take."""
        from torchffi._core.overloads import Overload  # needed on LibTorch only

        self._on_libtorch = Overload(f"aten::{self._name}")
        return self._on_libtorch(*arguments, **named)

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """Calls the operator with the arguments of its schema.

        Raises:
            UnavailableError: If all operands are on NumPy, and only LibTorch has the operator.
        """
        try:
            if type(arguments[0]) in _LIBTORCH_CLASSES:
                return self._on_libtorch(*arguments, **named)
            for tensor in _tensors((*arguments, *named.values())):
                if tensor._backend is FFI:
                    return self._on_libtorch(*arguments, **named)
            return self._on_numpy(arguments, named)
        except TorchError as error:
            raise self._named(error) from None

    def _on_numpy(self, arguments: Any, named: Any) -> Any:
        from torchffi._aten.numpy_table import TABLE  # most programs need it never

        if not any(True for _ in _tensors((*arguments, *named.values()))):
            raise DTypeError(
                f"expected a Tensor, got {type(arguments[0]).__name__}; "
                "make one with torchffi.asarray()"
            )
        if self._name not in TABLE:
            raise UnavailableError(
                f"{self._function}: only LibTorch has it, and the tensors are on NumPy"
                + (f": {numpy_reason()}" if default_backend() is NUMPY else "")
            )
        return TABLE[self._name](*arguments, **named)

    def _named(self, error: TorchError) -> TorchError:
        """The error with the name of the public function in front."""
        text = str(error).removeprefix(f"aten::{self._name}: ").removeprefix(f"{self._function}: ")
        return type(error)(f"{self._function}: {text}")
