"""Programs whose JSON is changed at random places: an error that says what is wrong, or a result."""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import torchffi
from tests.export.test_programs import ours
from tests.support import examples

Exported = Callable[[str], Path]
VALUES: list[Any] = [
    None, True, 0, -1, 3, 2**31, 2**63, 2**70, 0.5, float("nan"), "", "x", "as_int", [], {}, [[]],
    {"as_int": -1}, {"as_tensor": {"name": "x"}}, {"as_name": "x"}, {"name": "x"}, [1, 2, 3], [None],
]  # fmt: skip
MEMBERS = ("models/model.json", "data/weights/model_weights_config.json")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places in nested lists and dicts."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*path, key)
        if isinstance(inner, (dict, list)):
            yield from _places(inner, (*path, key))


def _mutated(document: Any, places: list[tuple[Any, ...]], draw: Random) -> Any:
    changed = copy.deepcopy(document)
    for _ in range(draw.choice([1, 1, 2])):
        *path, last = draw.choice(places)
        at: Any = changed
        try:
            for key in path:
                at = at[key]
            old = at[last]
        except (KeyError, IndexError, TypeError):  # another change took the place away
            continue
        way = draw.randrange(4)
        if way == 0:
            del at[last]
        elif way == 1:  # a value from another place
            other: Any = document
            for key in draw.choice(places):
                other = other[key]
            at[last] = copy.deepcopy(other)
        elif way == 2 and isinstance(old, str):
            at[last] = old[: draw.randrange(len(old) + 1)] + draw.choice(["", "x", "(", "'", "\0"])
        else:
            at[last] = copy.deepcopy(draw.choice(VALUES))
    return changed


@pytest.mark.parametrize("name", ["nested", "shapes", "branch", "rows", "generator"])
def test_changed_programs_give_an_error_or_a_result(
    name: str, exported: Exported, tmp_path: Path, backend: str
) -> None:
    from tests.export.models import MODELS

    path = exported(name)
    _, arguments, _, _, named = MODELS[name]
    given, by_name = ours(arguments), ours(named)
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    draw = Random(name)
    target = tmp_path / "changed.pt2"
    errors = results = 0
    for _ in range(examples(30)):
        ending = draw.choice([MEMBERS[0], *MEMBERS])
        member = next(one for one in members if one.endswith(ending))
        document = json.loads(members[member])
        places = list(_places(document))
        document = _mutated(document, places, draw)
        with zipfile.ZipFile(target, "w") as archive:
            for one, data in members.items():
                archive.writestr(one, json.dumps(document) if one == member else data)
        try:
            program = torchffi.export.load(target)
            str(program.graph), program.range_constraints, program.constants
            program(*given, **by_name)
            results += 1
        except torchffi.TorchError:
            errors += 1
    assert errors > 0 and results > 0
