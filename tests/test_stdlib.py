"""Substitutes for modules of the standard library: types and named tuples are those of typing."""

from __future__ import annotations

import copy
import pickle
import sys
import typing
from collections.abc import Callable
from typing import Any

import pytest

import torchffi
from torchffi._libtorch import binding
from torchffi._stdlib import typing as light

F = light.TypeVar("F", bound=Callable[..., light.Any])
Kind = light.Literal["a", "b"]


def function(
    a: light.Any,
    b: light.Any | None,
    c: light.Any | None,
    d: light.Literal["x"],
    e: Kind,
    f: Kind | int,
    g: light.SupportsIndex,
    h: F,
    i: list[F],
) -> light.TypeGuard[int]:
    raise AssertionError


def test_type_hints_are_those_of_typing() -> None:
    hints = typing.get_type_hints(function)
    variable = hints.pop("h")
    assert isinstance(variable, typing.TypeVar) and variable.__name__ == "F"
    if sys.version_info >= (3, 11):  # before, typing looks into no list[...]
        assert hints.pop("i") == list[variable]  # type: ignore[valid-type]
    hints.pop("i", None)
    assert hints == {
        "a": Any,
        "b": Any | None,
        "c": Any | None,
        "d": typing.Literal["x"],
        "e": typing.Literal["a", "b"],
        "f": typing.Literal["a", "b"] | int,
        "g": typing.SupportsIndex,
        "return": typing.TypeGuard[int],
    }


def test_public_functions_have_type_hints() -> None:
    assert typing.get_type_hints(torchffi.from_numpy)["array"]
    assert typing.get_type_hints(torchffi.isdtype)["return"] is bool
    hints = typing.get_type_hints(binding.Status)
    assert hints["probes"] == tuple[binding.Probe, ...]


class Point(light.NamedTuple):
    """A point."""

    x: int
    y: int = 2
    name: str = ""

    def moved(self, by: int) -> Point:
        return self._replace(x=self.x + by)


class Expected(typing.NamedTuple):
    """A point."""

    x: int
    y: int = 2
    name: str = ""


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((1,), {}),
        ((1, 3), {}),
        ((1, 3, "a"), {}),
        ((), {"x": 4}),
        ((5,), {"name": "b"}),
        ((), {"name": "c", "y": 1, "x": 0}),
    ],
)
def test_named_tuples_are_those_of_typing(values: Any, named: Any) -> None:
    point, expected = Point(*values, **named), Expected(*values, **named)
    assert point == expected and hash(point) == hash(expected)
    assert repr(point) == repr(expected).replace("Expected", "Point")
    assert (point.x, point.y, point.name) == tuple(expected)
    assert point._asdict() == expected._asdict()
    assert point._replace(y=7) == expected._replace(y=7)
    assert isinstance(point, tuple) and Point._make(expected) == point
    for same in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert type(same) is Point and same == point
    match point:
        case Point(x, _, name):
            assert (x, name) == (expected.x, expected.name)


def test_named_tuples_have_the_attributes_of_typing_and_their_own_methods() -> None:
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__"):
        assert getattr(Point, name) == getattr(Expected, name)
    assert type(Point(1).moved(2)) is Point and Point(1).moved(2) == (3, 2, "")


@pytest.mark.parametrize("kind", [Point, Expected])
@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), ((), {"y": 1}), ((1, 2, "", 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})],
)
def test_wrong_fields_of_named_tuples_are_refused(kind: Any, values: Any, named: Any) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


@pytest.mark.parametrize("kind", [Point, Expected])
@pytest.mark.parametrize("name", ["x", "z"])
def test_named_tuples_are_read_only(kind: Any, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(kind(1), name, 2)
