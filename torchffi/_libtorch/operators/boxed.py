"""Any operator of LibTorch by name. A tensor among the arguments is a handle, an ``int``.

The caller gives ``make``, which makes a tensor of the handle that a C function returns. Until then the
results are in memory of C, which is emptied whatever happens: no handle is ever without an owner.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from torchffi._libtorch.calls import failure
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import registry
from torchffi._libtorch.operators.frames import WORDS, Frame
from torchffi._libtorch.operators.values import (
    HandleOf,
    Packer,
    mark,
    packer,
    unpack,
)
from torchffi.errors import ArgumentError, TorchError

if TYPE_CHECKING:
    from torchffi._libtorch.operators.schemas import Schema

Make = Callable[..., Any]

MOST_ARGUMENTS = 128
_MOST_RESULTS = 64


# A look into lib at each call costs 20 ns.
_call: Final = lib.rt_torch_call
_values_free: Final = lib.rt_torch_values_free
call_one: Final = lib.rt_torch_call_one
# Used again; as many as calls ever ran at once. A list would give its memory back with its last one.
_frames: Final[deque[Frame]] = deque()
_MISSING: Final = object()


class Operator:
    """An operator that was found: its number, and how each of its arguments is packed.

    Attributes:
        name: Such as ``"aten::add.Tensor"``.
        number: What it is called by.
        schema: Its arguments and results.
        by_position: How many arguments stand before the ``*``.
        fewest: How many arguments there are at least, by position.
        raw: What packs each argument where a tensor is a handle.
        written: Which results are arguments that are written in place: the argument of each.
        targets: The positions of the arguments that are written.
    """

    __slots__ = (
        "_makes_one",
        "_positions",
        "by_position",
        "fewest",
        "name",
        "number",
        "raw",
        "schema",
        "targets",
        "written",
    )

    def __init__(self, name: str, number: int, text: str) -> None:
        # By the first operator that is called by name.
        from torchffi._libtorch.operators import schemas

        self.name: Final = name
        self.schema: Final[Schema] = schemas.parse(text)
        self.number: Final = number
        parameters = self.schema.parameters
        self._positions = {parameter.name: i for i, parameter in enumerate(parameters)}
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
        """What packs each argument, for callers that have tensors of their own kind."""
        return tuple(packer(parameter.type, handle_of) for parameter in self.schema.parameters)

    def placed(
        self, arguments: Sequence[Any], named: Mapping[str, Any], most: int
    ) -> Sequence[Any]:
        """The arguments in the order of the schema.

        Args:
            arguments: By position.
            named: By name.
            most: How many may stand by position.

        Raises:
            ArgumentError: Too many, too few, one that the schema does not have, or one twice.
        """
        if len(arguments) > most:
            raise self._misfit(f"takes at most {most} positional arguments, got {len(arguments)}")
        if not named and len(arguments) >= self.fewest:
            return arguments
        values = [*arguments, *[_MISSING] * (len(self._positions) - len(arguments))]
        for name, value in named.items():
            position = self._positions.get(name)
            if position is None:
                raise self._misfit(f"unknown argument '{name}'")
            if values[position] is not _MISSING:
                raise self._misfit(f"got multiple values for argument '{name}'")
            values[position] = value
        for parameter, value in zip(self.schema.parameters, values, strict=True):
            if parameter.required and value is _MISSING:
                raise self._misfit(f"missing argument '{parameter.name}'")
        return values

    def call(
        self, make: Make, packers: Sequence[Packer], values: Sequence[Any], keep: list[Any]
    ) -> list[Any]:
        """Calls the operator.

        Args:
            make: What makes a tensor of a result.
            packers: :attr:`raw`, or what :meth:`packers` made.
            values: The arguments, from :meth:`placed`.
            keep: Receives what must live until the call returns.

        Returns:
            The results. What the operator wrote in place is the argument itself, as in ``values``.

        Raises:
            ArgumentError: An argument does not fit the schema.
            TorchError: What the operator raises.
        """
        if self._makes_one:
            return [self.call_for(0, make, packers, values, keep)]
        frame = self._packed(packers, values, keep)
        try:
            count = _call(self.number, frame.arguments, len(values), frame.results, _MOST_RESULTS)
            if count < 0:
                raise told("call")
            return [
                values[self.written[i]] if i in self.written else unpack(frame, i, make)
                for i in range(count)
            ]
        finally:
            _values_free(frame.results, len(self.schema.results))
            _frames.append(frame)

    def call_for(
        self,
        position: int,
        make: Make,
        packers: Sequence[Packer],
        values: Sequence[Any],
        keep: list[Any],
    ) -> Any:
        """Calls the operator for one of its results, which is a tensor; None if that is undefined.

        Args:
            position: Which result.
            make, packers, values, keep: As for :meth:`call`, which raises the same.
        """
        frame = self._packed(packers, values, keep)
        try:
            tensor = make(call_one, self.number, frame.arguments, len(values), position)
        except ValueError:  # -1, which is no handle
            return None
        finally:
            _frames.append(frame)
        if tensor is None:
            raise told("call_one")
        return tensor

    def _packed(self, packers: Sequence[Packer], values: Sequence[Any], keep: list[Any]) -> Frame:
        """A frame with the arguments, which goes back to ``_frames`` after the call."""
        try:
            frame = _frames.pop()
        except IndexError:
            frame = Frame(MOST_ARGUMENTS, _MOST_RESULTS)
        frame.keep = keep
        at = 0
        try:
            for pack, value in zip(packers, values):  # noqa: B905  (trailing defaults are left out)
                if value is _MISSING:
                    mark(frame, at)
                else:
                    pack(frame, at, value)
                at += WORDS
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            _frames.append(frame)
            raise self._unfit(at // WORDS, values, error) from error
        return frame

    def _unfit(self, position: int, values: Sequence[Any], error: Exception) -> ArgumentError:
        parameter = self.schema.parameters[position]
        why = f" ({error})" if isinstance(error, ValueError) else ""
        return self._misfit(
            f"argument '{parameter.name}' (position {position}) is "
            f"{_described(values[position])}, expected {parameter.text}{why}"
        )

    def _misfit(self, text: str) -> ArgumentError:
        return ArgumentError(f"{self.name}: {text}; the schema is {self.schema.text}")


def _described(value: Any) -> str:
    kind = type(value).__name__
    dtype = getattr(value, "dtype", None)
    return f"a {kind} of {dtype}" if dtype is not None else f"{value!r:.60} ({kind})"


def _raw_handle(value: Any, keep: list[Any]) -> int:
    if type(value) is not int:
        raise TypeError("not a handle")
    return value


def told(operation: str) -> TorchError:
    """This thread's last error, without the name of the C function."""
    error = failure()
    return type(error)(str(error).removeprefix(f"{operation}: "))


_found: Final[dict[str, Operator]] = {}


def find(name: str) -> Operator:
    """The operator of that name, such as ``"aten::add.Tensor"``. Looked up once.

    Raises:
        ValueError: There is none.
        NotImplementedError: It belongs to TorchScript's interpreter alone.
        UnavailableError: LibTorch is not loaded.
    """
    operator = _found.get(name)
    if operator is None:
        base, _, overload = name.partition(".")
        number = lib.rt_torch_operator_find(base.encode(), overload.encode())
        if not number:
            raise told("operator_find")
        operator = _found.setdefault(name, Operator(name, number, registry.schema(number)))
    return operator


def call(make: Make, name: str, /, *arguments: Any, **named: Any) -> Any:
    """Calls an operator.

    Args:
        make: What makes a tensor of a result.
        name: Such as ``"aten::sort.stable"``.
        arguments: By the schema, those behind its ``*`` included: a handle for a Tensor, None for an
            absent optional, a DType for a ScalarType, a list or tuple for a list, a seed for a
            Generator, names for devices, layouts and memory formats.
        named: The same by name. What is left out takes the schema's default.

    Returns:
        None, the result, or a tuple of them. A tensor that the operator wrote in place is the handle
        that was given.

    Raises:
        ArgumentError: The arguments do not fit the schema.
        TorchError: What the operator raises.
    """
    operator = _found.get(name) or find(name)
    values = operator.placed(arguments, named, len(operator.raw))
    results = operator.call(make, operator.raw, values, [])
    if len(results) == 1:
        return results[0]
    return tuple(results) if results else None


def call_for(position: int, make: Make, name: str, /, *arguments: Any) -> Any:
    """Calls an operator for one of its results, which is a tensor. The rest is as for :func:`call`."""
    operator = _found.get(name) or find(name)
    return operator.call_for(position, make, operator.raw, arguments, [])
