"""A method of Tensor that is an operator of ATen: on LibTorch called by name, on NumPy by the table."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from torchffi._aten.methods.conversions import documented
from torchffi._aten.operators import Operator
from torchffi._core.backends import FFI
from torchffi._core.by_name.plans import Planned, types_of
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any

Method = Callable[..., Any]


class _ByName(Planned):
    def __init__(self, name: str, fields: str) -> None:
        super().__init__()
        self._name = name
        self._on_numpy: list[Operator] = []  # until the first call on NumPy
        self._fields = fields

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if arguments[0]._backend is FFI:
            from torchffi import ops  # slow to import, and few programs need it

            operator: Any = getattr(ops.aten, self._name)
        else:
            operator = self._of_numpy(
                of_number=len(arguments) > 1 and not isinstance(arguments[1], Tensor)
            )
        result = operator(*arguments, **named)
        several = self._fields and type(result) is tuple
        collected = _collector(self._name, self._fields) if several else None
        self._adopt_from(operator, types_of(arguments, named), collected)
        return collected(result) if collected else result

    def _of_numpy(self, of_number: bool) -> Operator:
        if not self._on_numpy:
            from torchffi._aten.numpy_table import on_numpy

            overloads = on_numpy(self._name) or (self._name, self._name)
            self._on_numpy = [Operator(self._name, one) for one in overloads]
        return self._on_numpy[of_number]


@cache
def _collector(name: str, fields: str) -> Any:
    """Makes PyTorch's type for several results from a tuple of them."""
    return partial(tuple.__new__, namedtuple(name, fields))


def by_name(name: str, fields: str = "") -> Method:
    """The method.

    Args:
        name: The name of the operator.
        fields: The names of the results, if there are several.
    """
    text = f"See ``torchffi.ops.aten.{name}``.\n\n    Source: aten::{name}.\n    "
    return documented(_ByName(name, fields).method(), name, text)
