"""Calls any LibTorch operator by name ("boxed": arguments are tagged values). Tensors are handles.

The caller passes ``make``, which calls a C function and wraps the handle it returns in a tensor. Until
then results stay in a frame that owns them, so that every handle has an owner at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from torchffi._libtorch.calls import operator_error
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import registry
from torchffi._libtorch.operators.frames import (
    MOST_RESULTS,
    WORDS,
    ResultFrame,
    reuse,
    unused_frame,
)
from torchffi._libtorch.operators.values import (
    HandleOf,
    Packer,
    mark_default,
    packer,
    unpack,
)
from torchffi.errors import ArgumentError

if TYPE_CHECKING:
    from torchffi._libtorch.operators.schemas import Schema

Make = Callable[..., Any]


# Bound once: an attribute lookup on `lib` costs 20 ns.
_call: Final = lib.rt_torch_call
_values_free: Final = lib.rt_torch_values_free
call_one: Final = lib.rt_torch_call_one
_MISSING: Final = object()


class Operator:
    """An operator: its number in the C ABI, and a packer for each argument.

    Attributes:
        name: Such as ``"aten::add.Tensor"``.
        number: Its number for ``rt_torch_call()``.
        schema: Its arguments and results.
        positions: The index of each argument, by name.
        by_position: The number of arguments before the ``*``.
        fewest: The smallest number of positional arguments.
        raw: The packers of the arguments, for tensors that are handles.
        written: Result index -> argument index, for results that are arguments written in place.
        targets: The indices of the arguments that are written in place.
    """

    __slots__ = (
        "_makes_one",
        "by_position",
        "fewest",
        "name",
        "number",
        "positions",
        "raw",
        "schema",
        "targets",
        "written",
    )

    def __init__(self, name: str, number: int, text: str) -> None:
        # Lazy: only needed for operators called by name.
        from torchffi._libtorch.operators import schemas

        self.name: Final = name
        self.schema: Final[Schema] = schemas.parse(text)
        self.number: Final = number
        parameters = self.schema.parameters
        self.positions: Final = {parameter.name: i for i, parameter in enumerate(parameters)}
        self.fewest: Final = max((i + 1 for i, p in enumerate(parameters) if p.required), default=0)
        self.by_position: Final = sum(not parameter.by_name_only for parameter in parameters)
        self.raw: Final = self.packers(_raw_handle)
        results = self.schema.results
        self._makes_one = len(results) == 1 and results[0] == schemas.Result(
            schemas.Type("Tensor"), ""
        )
        sets = {p.written: i for i, p in enumerate(parameters) if p.written}
        self.targets: Final = tuple(sets.values())
        self.written: Final = {
            i: sets[result.written] for i, result in enumerate(results) if result.written in sets
        }

    def packers(self, handle_of: HandleOf) -> tuple[Packer, ...]:
        """Packers of the arguments for a caller's own type of tensors."""
        return tuple(packer(parameter.type, handle_of) for parameter in self.schema.parameters)

    def placed(
        self, arguments: Sequence[Any], named: Mapping[str, Any], most: int
    ) -> Sequence[Any]:
        """The arguments in the order of the schema.

        Args:
            arguments: The positional arguments.
            named: The keyword arguments.
            most: The largest number of positional arguments.

        Raises:
            ArgumentError: An argument is missing, unknown or given twice, or there are too many.
        """
        if len(arguments) > most:
            raise self._argument_error(
                f"takes at most {most} positional arguments, got {len(arguments)}"
            )
        if not named and len(arguments) >= self.fewest:
            return arguments
        values = [*arguments, *[_MISSING] * (len(self.positions) - len(arguments))]
        for name, value in named.items():
            position = self.positions.get(name)
            if position is None:
                raise self._argument_error(f"unknown argument '{name}'")
            if values[position] is not _MISSING:
                raise self._argument_error(f"got multiple values for argument '{name}'")
            values[position] = value
        for parameter, value in zip(self.schema.parameters, values, strict=True):
            if parameter.required and value is _MISSING:
                raise self._argument_error(f"missing argument '{parameter.name}'")
        return values

    def call(
        self, make: Make, packers: Sequence[Packer], values: Sequence[Any], keep: list[Any]
    ) -> list[Any]:
        """Calls the operator.

        Args:
            make: Wraps the handle of a result in a tensor.
            packers: :attr:`raw`, or the result of :meth:`packers`.
            values: The arguments, from :meth:`placed`.
            keep: Receives objects that must stay alive during the call.

        Returns:
            The results. A result written in place is the same object as the argument in ``values``.

        Raises:
            ArgumentError: An argument does not match the schema.
            TorchError: The operator failed.
        """
        if self._makes_one:
            return [self.call_for(0, make, packers, values, keep)]
        frame = self._packed(packers, values, keep)
        try:
            count = _call(self.number, frame.arguments, len(values), frame.results, MOST_RESULTS)
            if count < 0:
                raise operator_error("call")
            return [
                values[self.written[i]] if i in self.written else unpack(frame, i, make)
                for i in range(count)
            ]
        finally:
            _values_free(frame.results, len(self.schema.results))
            reuse(frame)

    def call_for(
        self,
        position: int,
        make: Make,
        packers: Sequence[Packer],
        values: Sequence[Any],
        keep: list[Any],
    ) -> Any:
        """Calls the operator for one of its results, a tensor; None if the result is undefined.

        Args:
            position: The index of the result.
            make, packers, values, keep: As for :meth:`call`. So are the exceptions.
        """
        frame = self._packed(packers, values, keep)
        try:
            tensor = make(call_one, self.number, frame.arguments, len(values), position)
        except ValueError:  # handle -1: an undefined tensor
            return None
        finally:
            reuse(frame)
        if tensor is None:
            raise operator_error("call_one")
        return tensor

    def _packed(
        self, packers: Sequence[Packer], values: Sequence[Any], keep: list[Any]
    ) -> ResultFrame:
        """A frame with the arguments. The caller passes it to :func:`reuse` after the call."""
        frame = unused_frame()
        frame.keep = keep
        at = 0
        try:
            for pack, value in zip(packers, values):  # noqa: B905  (trailing defaults are left out)
                if value is _MISSING:
                    mark_default(frame, at)
                else:
                    pack(frame, at, value)
                at += WORDS
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            reuse(frame)
            raise self._type_error(at // WORDS, values, error) from error
        return frame

    def _type_error(self, position: int, values: Sequence[Any], error: Exception) -> ArgumentError:
        parameter = self.schema.parameters[position]
        why = f" ({error})" if isinstance(error, ValueError) else ""
        return self._argument_error(
            f"argument '{parameter.name}' (position {position}) is "
            f"{_described(values[position])}, expected {parameter.text}{why}"
        )

    def _argument_error(self, text: str) -> ArgumentError:
        return ArgumentError(f"{self.name}: {text}; the schema is {self.schema.text}")


def _described(value: Any) -> str:
    kind = type(value).__name__
    dtype = getattr(value, "dtype", None)
    return f"a {kind} of {dtype}" if dtype is not None else f"{value!r:.60} ({kind})"


def _raw_handle(value: Any, keep: list[Any]) -> int:
    if type(value) is not int:
        raise TypeError("not a handle")
    return value


_found: Final[dict[str, Operator]] = {}


def find(name: str) -> Operator:
    """The operator with a name such as ``"aten::add.Tensor"``. Cached.

    Raises:
        ValueError: There is no such operator.
        NotImplementedError: Only TorchScript's interpreter can call it.
        UnavailableError: LibTorch is not loaded.
    """
    operator = _found.get(name)
    if operator is None:
        base, _, overload = name.partition(".")
        number = lib.rt_torch_operator_find(base.encode(), overload.encode())
        if not number:
            raise operator_error("operator_find")
        operator = _found.setdefault(name, Operator(name, number, registry.schema(number)))
    return operator


def call(make: Make, name: str, /, *arguments: Any, **named: Any) -> Any:
    """Calls an operator.

    Args:
        make: Wraps the handle of a result in a tensor.
        name: Such as ``"aten::sort.stable"``.
        arguments: Positional arguments, which may include those after the schema's ``*``: a handle
            for a Tensor, None for an absent optional, a DType for a ScalarType, a list or tuple for a
            list, a seed for a Generator, names for devices, layouts and memory formats.
        named: Keyword arguments. Omitted arguments take the schema's default.

    Returns:
        None, the result, or a tuple of results. A result written in place is the handle that was
        passed.

    Raises:
        ArgumentError: The arguments do not match the schema.
        TorchError: The operator failed.
    """
    operator = _found.get(name) or find(name)
    values = operator.placed(arguments, named, len(operator.raw))
    results = operator.call(make, operator.raw, values, [])
    if len(results) == 1:
        return results[0]
    return tuple(results) if results else None


def call_for(position: int, make: Make, name: str, /, *arguments: Any) -> Any:
    """As :func:`call`, for one of the results, which must be a tensor."""
    operator = _found.get(name) or find(name)
    return operator.call_for(position, make, operator.raw, arguments, [])
