"""A method of Tensor that is an operator of ATen: on LibTorch called by name, on NumPy by the table."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from torchffi._aten.methods.conversions import documented
from torchffi._aten.operators import Operator
from torchffi._core.backends import FFI
from torchffi._core.by_name.plans import Planned, types_of
from torchffi._core.tensor import Tensor

Method = Callable[..., Any]


class _ByName(Planned):
    def __init__(self, name: str, on_numpy: Sequence[str], fields: str) -> None:
        super().__init__()
        self._name = name
        self._on_numpy = [Operator(name, overload) for overload in on_numpy or (name,)]
        self._fields = fields

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if arguments[0]._backend is FFI:
            from torchffi import ops  # slow to import, and few programs need it

            operator: Any = getattr(ops.aten, self._name)
        else:
            of_number = len(arguments) > 1 and not isinstance(arguments[1], Tensor)
            operator = self._on_numpy[-1 if of_number else 0]
        result = operator(*arguments, **named)
        several = self._fields and type(result) is tuple
        collected = _collector(self._name, self._fields) if several else None
        self._adopt_from(operator, types_of(arguments, named), collected)
        return collected(result) if collected else result


@cache
def _collector(name: str, fields: str) -> Any:
    """Makes PyTorch's type for several results from a tuple of them."""
    return partial(tuple.__new__, namedtuple(name, fields))


def by_name(name: str, on_numpy: Sequence[str], fields: str = "") -> Method:
    """The method.

    Args:
        name: The name of the operator.
        on_numpy: Those of the overloads on NumPy, if NumPy has them. Where there are two, the second one
            takes a number.
        fields: The names of the results, if there are several.
    """
    text = f"See ``torchffi.ops.aten.{name}``.\n\n    Source: aten::{name}.\n    "
    return documented(_ByName(name, on_numpy, fields).method(), name, text)
