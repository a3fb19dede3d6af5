"""The ATen operators that NumPy computes, for layers and for programs of torch.export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from torchffi._aten import (
    numpy_activations,
    numpy_arrays,
    numpy_classes,
    numpy_convolutions,
    numpy_elementwise,
    numpy_indexing,
    numpy_interpolation,
    numpy_layers,
    numpy_losses,
    numpy_normalization,
    numpy_padding,
    numpy_pooling,
    numpy_recurrent,
    numpy_statistics,
)
from torchffi._aten.numpy_calls import Function

# Other names of operators.
ALIASES: Final = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "clip": "clamp", "divide": "div",
    "fix": "trunc", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "moveaxis": "movedim", "multiply": "mul", "negative": "neg", "not_equal": "ne", "sgn": "sign",
    "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose",
}  # fmt: skip
# The only overloads of an alias whose operator has more.
_ONLY: Final = {"swapaxes": "", "swapdims": ""}


# By ATen's name, and that of the overload unless it is the default one.
_OWN: Final = {
    **numpy_elementwise.TABLE,
    **numpy_arrays.TABLE,
    **numpy_layers.TABLE,
    **numpy_activations.TABLE,
    **numpy_convolutions.TABLE,
    **numpy_pooling.TABLE,
    **numpy_normalization.TABLE,
    **numpy_losses.TABLE,
    **numpy_classes.TABLE,
    **numpy_padding.TABLE,
    **numpy_recurrent.TABLE,
    **numpy_interpolation.TABLE,
    **numpy_indexing.TABLE,
    **numpy_statistics.TABLE,
}


def _aliases() -> Iterator[tuple[str, Function]]:
    names: dict[str, list[str]] = {}
    for alias, name in ALIASES.items():
        names.setdefault(name, []).append(alias)
        names.setdefault(f"{name}_", []).append(f"{alias}_")
    for full, function in _OWN.items():
        name, dot, overload = full.partition(".")
        for alias in names.get(name, ()):
            yield (alias if alias in _ONLY else f"{alias}{dot}{overload}"), function


TABLE: Final = {**_OWN, **dict(_aliases())}


def on_numpy(name: str) -> tuple[str, str] | None:
    """The overloads of an operator on NumPy: that for a tensor, and that for a number.

    None if NumPy has none. Overloads that differ in other arguments have the same function.
    """
    found = [one for one in TABLE if one.partition(".")[0] == name]
    if not found:
        return None
    of_tensor = f"{name}.Tensor" if f"{name}.Tensor" in found else found[0]
    of_number = next((one for one in (f"{name}.Scalar", name) if one in found), of_tensor)
    return of_tensor, of_number
