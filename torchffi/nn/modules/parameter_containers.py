"""Modules that contain parameters, as a list or a dict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from operator import index
from typing import Any

from torchffi._core.parameters import is_parameter
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter


def _value(value: Any) -> Any:
    """The value itself; a parameter in place of a tensor."""
    return Parameter(value) if isinstance(value, Tensor) and not is_parameter(value) else value


def _line(value: Any) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    sizes = "x".join(map(str, value.shape))
    return f"Parameter containing: [{value.dtype} of size {sizes}]"


def _lines(members: Iterable[tuple[Any, Any]]) -> str:
    return "\n".join(f"  ({key}): {_line(value)}" for key, value in members)


class ParameterList(Module):
    """A list of parameters. Tensors become parameters; other values are kept as they are.

    Args:
        values: The first values.

    Source: torch.nn.ParameterList.
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _key(self, position: int) -> str:
        given = index(position)
        if not -self._size <= given < self._size:
            raise IndexError(
                f"{self._get_name()}: index {given} is out of range, it has {self._size}"
            )
        return str(given % self._size)

    def __getitem__(self, position: int | slice) -> Any:
        if isinstance(position, slice):
            return type(self)(list(self)[position])
        return getattr(self, self._key(position))

    def __setitem__(self, position: int, value: Any) -> None:
        setattr(self, self._key(position), _value(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, str(position)) for position in range(self._size))

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Adds a value at the end. Returns the list."""
        setattr(self, str(self._size), _value(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Adds several values at the end. Returns the list. TypeError if they are one tensor."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            kind = type(values).__name__
            raise ArgumentError(f"{self._get_name()}.extend: expected a list, got a {kind}")
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """The positions, dtypes and shapes."""
        return _lines(enumerate(self))


class ParameterDict(Module):
    """A dict of parameters by name. Tensors become parameters; other values are kept as they are.

    Args:
        parameters: The first ones: a mapping, or pairs of a name and a value.

    Source: torch.nn.ParameterDict.
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise ArgumentError(f"{self._get_name()}: the name is {key!r}, expected a string")
        if key not in self._keys:
            self._check_name(self._get_name(), key, {})
        setattr(self, key, _value(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: ParameterDict) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """A dict of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def clear(self) -> None:
        """Removes all values."""
        for key in list(self._keys):
            del self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name; the default if there is none."""
        return default if key not in self._keys else getattr(self, key)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a name; if there is none the default, which is added."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Removes the value of a name, and returns it. KeyError if there is none."""
        found = self[key]
        del self[key]
        return found

    def popitem(self) -> tuple[str, Any]:
        """Removes the last name and its value, and returns both. KeyError if there are none."""
        if not self._keys:
            raise KeyError("popitem: the dict is empty")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A dict with these names, which all have the same value."""
        return ParameterDict(OrderedDict((key, default) for key in keys))

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names and the values."""
        return [(key, self[key]) for key in self._keys]

    def values(self) -> Iterable[Any]:
        """The values."""
        return [self[key] for key in self._keys]

    def update(self, parameters: Any) -> None:
        """Adds values, and replaces those of the same names.

        Args:
            parameters: Pairs of a name and a value, or a mapping. As in PyTorch the names of a mapping
                are sorted, unless it is an OrderedDict or a ParameterDict.

        Raises:
            TypeError: If it is something else.
        """
        if isinstance(parameters, (OrderedDict, ParameterDict)):
            parameters = parameters.items()
        elif isinstance(parameters, Mapping):
            parameters = sorted(parameters.items())
        if not isinstance(parameters, Iterable) or isinstance(parameters, Tensor):
            kind = type(parameters).__name__
            raise ArgumentError(f"{self._get_name()}.update: expected a mapping, got a {kind}")
        for pair in list(parameters):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ArgumentError(
                    f"{self._get_name()}.update: {pair!r} is not a pair of a name and a value"
                )
            self[pair[0]] = pair[1]

    def extra_repr(self) -> str:
        """The names, dtypes and shapes."""
        return _lines(self.items())
