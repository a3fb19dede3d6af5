"""A method of a TorchScript module: its schema, and the arguments in the order of the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from torchffi._libtorch.operators import schemas
from torchffi.errors import ArgumentError

MISSING: Final = object()  # an argument that is left out


class Method(NamedTuple):
    """A method of a module: its name for C, its schema, its arguments, and how many are required."""

    name: bytes
    schema: str
    parameters: tuple[schemas.MethodParameter, ...]
    fewest: int
    by_position: int

    def error(self, message: str) -> ArgumentError:
        """An exception that names the method."""
        return ArgumentError(f"{self.name.decode()}: {message}; the schema is {self.schema}")

    def mismatch(self, position: int, values: Sequence[Any], error: Exception) -> ArgumentError:
        """An exception for an argument that cannot be passed."""
        parameter = self.parameters[position]
        kind = type(values[position]).__name__
        return self.error(
            f"argument '{parameter.name}' is a {kind}, expected {parameter.type} ({error})"
        )

    def placed(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """The arguments in the order of the schema. ArgumentError if they do not match it."""
        if len(arguments) > self.by_position:
            raise self.error(
                f"takes at most {self.by_position} positional arguments, got {len(arguments)}"
            )
        names = [parameter.name for parameter in self.parameters]
        values = [*arguments, *[MISSING] * (len(names) - len(arguments))]
        for name, value in named.items():
            if name not in names:
                raise self.error(f"unknown argument '{name}'")
            if values[names.index(name)] is not MISSING:
                raise self.error(f"got multiple values for argument '{name}'")
            values[names.index(name)] = value
        for parameter, value in zip(self.parameters, values, strict=True):
            if parameter.required and value is MISSING:
                raise self.error(f"missing argument '{parameter.name}'")
        return values


def parse(schema: str) -> Method:
    """The method of a schema."""
    name, parameters = schemas.parse_method(schema)
    fewest = max((i + 1 for i, one in enumerate(parameters) if one.required), default=0)
    by_position = sum(not one.by_name_only for one in parameters)
    return Method(name.encode(), schema, parameters, fewest, by_position)
