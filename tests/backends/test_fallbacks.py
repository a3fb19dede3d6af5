"""Operations that run on NumPy because LibTorch has no kernel are those that docs/reference.md lists."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from typing import Any

import numpy as np

import torchffi as t
from tests.array_api_calls import values_of
from tests.array_api_table import ONE, STANDARD, TWO
from tests.support import ROOT

NOT_IN_STANDARD = {
    "addmm": lambda xp, x: xp.addmm(x, x, x),
    "erf": lambda xp, x: xp.erf(x),
    "relu": lambda xp, x: xp.nn.relu(x),
    "linear": lambda xp, x: xp.nn.linear(x, x),
    "layer_norm": lambda xp, x: xp.nn.layer_norm(x, (3,)),
    "softmax": lambda xp, x: xp.nn.softmax(x),
}


def _calls() -> list[Any]:
    """Every call of the tables, for a 3x3 matrix and for a vector."""
    one = [*(call for _, call in ONE.values()), *NOT_IN_STANDARD.values()]
    two = [lambda xp, x, f=call: f(xp, x, x) for call in TWO.values()]
    return [*one, *two, *(lambda xp, x, f=call: f(xp, xp.reshape(x, (-1,))) for call in one)]


def _listed() -> dict[str, set[str]]:
    """For each dtype, the operations that docs/reference.md lists."""
    text = (ROOT / "docs/reference.md").read_text()
    table = text.partition("| dtype | runs on NumPy |\n")[2].partition("\n\n")[0]
    found: dict[str, set[str]] = defaultdict(set)
    for row in table.splitlines()[1:]:
        names, functions = row.strip("|").split("|")
        for name in re.findall(r"`(\w+)`", names):
            found[name] |= set(re.findall(r"`(\w+)`", functions))
    return found


def test_the_reference_lists_what_falls_back(ffi_backend: None) -> None:
    counted: dict[str, set[str]] = defaultdict(set)
    for name in (*STANDARD, "float16"):
        for call in _calls():
            x = t.asarray(values_of(name, np.arange(1, 10, dtype="int8").reshape(3, 3)))
            before = t.fallback_counts()
            with contextlib.suppress(
                TypeError, ValueError
            ):  # functions that do not accept the dtype
                call(t, x)
            counts = t.fallback_counts()
            fallen = {key for key in counts if counts[key] != before.get(key)}
            if fallen:
                counted[name] |= fallen
    assert counted == _listed()
