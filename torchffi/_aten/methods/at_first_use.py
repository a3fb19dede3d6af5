"""Methods of Tensor that are operators of ATen, made at their first use: programs use few of them."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType

from torchffi._core.by_name.declared_in_place import InPlaceMethods
from torchffi._core.by_name.declared_methods import OperatorMethods
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Final

# The names of several results, in PyTorch.
_FIELDS: Final = {
    "aminmax": "min max", "frexp": "mantissa exponent", "geqrf": "a tau",
    "histogram": "hist bin_edges", "median": "values indices", "nanmedian": "values indices",
    "qr": "Q R", "slogdet": "sign logabsdet", "svd": "U S V",
    "triangular_solve": "solution cloned_coefficient",
}  # fmt: skip


class _AtFirstUse:
    """Stands for a method until it is looked up."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, tensor: Any, _: type | None = None) -> Any:
        from torchffi._aten.methods.by_name import by_name

        name = self._name
        method = by_name(name, _FIELDS.get(name, ""))
        setattr(Tensor, name, method)
        for then in _THEN.pop(name, ()):
            then()
        return method if tensor is None else MethodType(method, tensor)


# What is to be done when a method has been made.
_THEN: Final[dict[str, list[Callable[[], None]]]] = {}


def when_made(name: str, then: Callable[[], None]) -> None:
    """Calls a function when the method has been made, or now if it is not one of these."""
    if isinstance(vars(Tensor).get(name), _AtFirstUse):
        _THEN.setdefault(name, []).append(then)
    else:
        then()


NAMES: Final = (*OperatorMethods.__annotations__, *InPlaceMethods.__annotations__)


def install() -> None:
    """Gives Tensor the methods."""
    for name in NAMES:
        setattr(Tensor, name, _AtFirstUse(name))
