"""An overload of an ATen operator that runs on the backend of its operands.

On LibTorch it is called by name. On NumPy a function of the table computes it, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps

from torchffi._core.backends import FFI, NUMPY, default_backend, numpy_reason
from torchffi._core.by_name.plans import Plan, Planned, Types
from torchffi._core.by_name.results import LIBTORCH_CLASSES
from torchffi._core.tensor import Tensor
from torchffi._stdlib import signatures
from torchffi._stdlib.typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from torchffi.errors import DTypeError, TorchError, UnavailableError

if TYPE_CHECKING:
    from torchffi._core.by_name.overloads import Overload

_Function = TypeVar("_Function", bound=Callable[..., Any])
_LISTS: Final = frozenset({list, tuple})
_PLAIN: Final = frozenset({int, float, bool, str, type(None)})


def _tensors(values: Iterable[Any]) -> Iterable[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


def _any_on_libtorch(values: Sequence[Any]) -> bool:
    if values and type(values[0]) in LIBTORCH_CLASSES:
        return True
    return any(tensor._backend is FFI for tensor in _tensors(values))


class Operator(Planned):
    """An overload of an ATen operator, with the name of the public function for its errors.

    Args:
        function: The public function.
        name: ATen's name with that of the overload, such as ``"conv2d"`` or ``"max.dim"``.
        first: Whether a call returns only the first of several results.
    """

    def __init__(self, function: str, name: str, *, first: bool = False) -> None:
        super().__init__()
        self._first = first
        self._function = function
        self._name = name
        self._overload: Overload | None = None  # until the first call on LibTorch

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Calls the operator with the arguments of its schema.

        Raises:
            UnavailableError: If all operands are on NumPy, and only LibTorch has the operator.
        """
        try:
            if _any_on_libtorch((*arguments, *named.values())):
                result = self.on_libtorch()(*arguments, **named)
            else:
                result = self._on_numpy(arguments, named)
        except TorchError as error:
            raise self._named(error) from None
        self._learn(arguments, named)
        return result[0] if self._first else result

    def on_libtorch(self) -> Overload:
        """The overload."""
        if self._overload is None:
            from torchffi._core.by_name.overloads import Overload  # needed on LibTorch only

            self._overload = Overload(f"aten::{self._name}")
        return self._overload

    def _plan(self, types: Types, positional: int) -> Plan | None:
        if not LIBTORCH_CLASSES.isdisjoint(types):
            overload, first = self.on_libtorch(), self._first
            return overload.plan(types, positional, self._call, self._named, first)
        return self.numpy_plan(types, positional)

    def numpy_plan(self, types: Types, positional: int) -> Plan:
        """The plan on NumPy. Arguments: see :meth:`_plan`."""
        from torchffi._aten.numpy_table import TABLE

        function, renamed = TABLE[self._name], self._named
        if self._first:
            function = _first_of(function)
        names = types[positional : (positional + len(types)) // 2]
        kinds = [one for one in types if type(one) is not str]
        lists = [place for place, kind in enumerate(kinds) if kind in _LISTS]

        def plan(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except TorchError as error:
                raise renamed(error) from None

        def general(*values: Any) -> Any:
            arguments, more = values, {}
            if names:
                more = dict(zip(names, values[positional:], strict=True))
                arguments = values[:positional]
            for place in lists:  # which may contain tensors on LibTorch
                one = values[place]
                if not _PLAIN.issuperset(map(type, one)) and _any_on_libtorch(one):
                    return self._call(arguments, more)
            try:
                return function(*arguments, **more)
            except TorchError as error:
                raise renamed(error) from None

        found = general if names or lists else plan
        attempt = None if names else getattr(TABLE[self._name], "plan", None)
        more = {"only_first": True} if self._first else {}
        return (attempt and attempt(kinds, found, **more)) or found

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


def _first_of(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments, **named: function(*arguments, **named)[0]


# ---- Functions with the arguments of an operator


class _Direct(Planned):
    """A function whose repeated calls go to the operator directly, and to the function if that fails."""

    def __init__(self, function: Callable[..., Any], operator: Operator) -> None:
        super().__init__()
        self._function = function
        self._operator = operator

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        result = self._function(*arguments, **named)
        self._learn(arguments, named)
        return result

    def _again(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        return self._function(*arguments, **named)

    def _plan(self, types: Types, positional: int) -> Plan | None:
        names = tuple(one.name for one in signatures.of(self._function))
        if not LIBTORCH_CLASSES.isdisjoint(types):
            overload = self._operator.on_libtorch()
            return overload.direct_plan(types, positional, names, self._again)
        if len(types) == positional == 1 and _LISTS.isdisjoint(types):
            # The other arguments have their defaults, which are the operator's.
            return self._operator.numpy_plan(types, positional)
        return _by_position(self._function, types, positional)


def _by_position(function: Callable[..., Any], types: Types, positional: int) -> Plan:
    """A plan that calls a function."""
    names = types[positional : (positional + len(types)) // 2]
    if not names:
        return function
    return lambda *values: function(
        *values[:positional], **dict(zip(names, values[positional:], strict=True))
    )


def direct(operator: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Decorates a function that calls an operator with its own arguments, and with the same defaults.

    Names and order must be those of the schema as far as a call goes, except for that of ``self``: other
    calls are left to the function.
    """
    assert isinstance(operator, Operator)

    def decorate(function: _Function) -> _Function:
        return cast("_Function", wraps(function)(_Direct(function, operator).method()))

    return decorate
