"""The base classes of layers that call one function."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Final

from torchffi._stdlib import signatures
from torchffi.nn._base.module import Module

Flag = bool | None


_REQUIRED: Final = object()


@cache
def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    """The defaults of the arguments of a function."""
    given = signatures.of(function)
    return {one.name: one.default for one in given if one.default is not signatures.NO_DEFAULT}


class FunctionLayer(Module):
    """A layer that calls one function of nn.functional, with its attributes as named arguments.

    A subclass sets ``_function``, and gives the attributes to ``super().__init__()``. They are read at
    each call, so that they may be changed later.
    """

    _function: ClassVar[Callable[..., Any]]
    _names: tuple[str, ...]

    def __init__(self, **constants: Any) -> None:
        super().__init__()
        self._names = tuple(constants)
        for name, value in constants.items():
            setattr(self, name, value)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the function for the tensors."""
        if not self._names:
            return self._function(*args, **kwargs)
        constants, defaults = {}, _defaults(self._function)
        for name in self._names:
            value, default = getattr(self, name), defaults.get(name, _REQUIRED)
            # Defaults are left out: some are not arguments of the operator, as inplace=False.
            same = value is default or (type(value) is type(default) and value == default)
            if not same or kwargs:
                constants[name] = value
        return self._function(*args, **kwargs, **constants)

    def extra_repr(self) -> str:
        """The attributes; ``inplace`` only where it is true."""
        shown = [name for name in self._names if name != "inplace" or getattr(self, name)]
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)


class Loss(FunctionLayer):
    """The base of losses.

    Args:
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        size_average: PyTorch's former spelling: False is ``"sum"``.
        reduce: PyTorch's former spelling: False is ``"none"``.
        **constants: The other arguments of the function.
    """

    reduction: str

    def __init__(
        self,
        reduction: str,
        size_average: Flag = None,
        reduce: Flag = None,
        /,
        **constants: Any,
    ) -> None:
        if size_average is not None or reduce is not None:
            averages = size_average is None or size_average
            reduction = "none" if reduce is False else "mean" if averages else "sum"
        super().__init__(reduction=reduction, **constants)

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class WeightedLoss(Loss):
    """The base of losses with weights, which are buffers."""

    def __init__(self, *reductions: Any, **constants: Any) -> None:
        weights = {
            name: constants.pop(name) for name in ("weight", "pos_weight") if name in constants
        }
        super().__init__(*reductions, **constants)
        self._names += tuple(weights)
        for name, tensor in weights.items():
            self.register_buffer(name, tensor)
