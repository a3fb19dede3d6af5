"""How many Python functions an operation calls: at most 3 of torchffi on plain arguments.

A plain argument is a tensor of a dtype that needs no conversion, an integer, a float, a tuple of
integers, or None. The limit holds on both backends.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import torchffi
from tests.frames_table import COMPUTED_IN_PYTHON, FUNCTIONS, METHODS, OTHER_METHODS, SEVERAL
from torchffi import Tensor
from torchffi._core import lifetimes

MOST = 3
PACKAGE = str(Path(torchffi.__file__).parent)


def _listed(reasons: dict[str, str]) -> set[str]:
    return {name for names in reasons.values() for name in names.split()}


def _is_layer(value: Any) -> bool:
    """Whether it is a class of modules, which call functions of the namespace."""
    return isinstance(value, type) and issubclass(value, torchffi.nn.Module)


def _names() -> set[str]:
    names = set(torchffi.__all__)
    for room in (torchffi.nn, torchffi.linalg, torchffi.fft):
        short = room.__name__.rpartition(".")[2]
        layers = {name for name in room.__all__ if _is_layer(getattr(room, name))}
        names |= {f"{short}.{name}" for name in set(room.__all__) - layers}
    return names


def operands() -> dict[str, Any]:
    t = torchffi
    x = t.reshape(t.arange(1.0, 7.0), (2, 3))
    i = t.reshape(t.arange(1, 7), (2, 3))
    return {
        "t": t, "x": x, "y": t.ones((2, 3)), "v": t.arange(1.0, 4.0),
        "s": t.ones((2, 2)), "bias": t.ones(2), "r": t.ones((1, 2, 3)), "i": i, "j": t.arange(2),
        "k": t.zeros((2, 1), dtype=t.int64),
        "b": i > 2,
        "m": t.ones((2, 2)) > 0, "z": t.ones((2, 3), dtype=t.complex64), "array": x.numpy(),
    }  # fmt: skip


def frames(statement: str, names: dict[str, Any]) -> int:
    """How many Python functions of torchffi a statement calls, once it has run."""
    code = compile(
        statement if "=" in statement.split("(")[0] else f"_ = {statement}", "<test>", "exec"
    )
    for _ in range(2):
        exec(code, names)
    count = 0

    def on_event(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        if event == "call" and frame.f_code.co_filename.startswith((PACKAGE, "<torchffi")):
            count += 1

    before = sys.getprofile()
    kept = names.pop("_", None)
    sys.setprofile(on_event)
    try:
        exec(code, names)
    finally:
        sys.setprofile(before)
    del kept
    return count


_STATEMENTS = sorted(
    {
        statement
        for table in (FUNCTIONS, METHODS)
        for several in table.values()
        for statement in several
    }
)


@pytest.mark.skipif(lifetimes.implementation() == "Python", reason="counts torchffi._speedups")
@pytest.mark.parametrize("statement", _STATEMENTS)
def test_operation_takes_at_most_three_frames(statement: str, backend: str) -> None:
    if backend == "numpy" and statement in COMPUTED_IN_PYTHON:
        pytest.skip("the primitive itself calls more than one function")
    assert frames(statement, operands()) <= MOST


def test_every_public_name_is_counted_or_exempt() -> None:
    several = _listed(SEVERAL)
    counted = set(FUNCTIONS) | {
        f"linalg.{name}" for name in ("addmm", "matmul", "matrix_transpose")
    }
    assert _names() == counted | several
    assert not counted & several


def test_every_method_is_counted_or_exempt() -> None:
    methods = {name for name in dir(Tensor) if not name.startswith("_")}
    other = _listed(OTHER_METHODS)
    assert methods == {name for name in METHODS if not name.startswith("_")} | other
