"""Random programs of views, writes, uses and gradients, run by torchffi and by PyTorch, step by step.

``python -m tests.gradients.orders COUNT SEED`` prints one JSON line: {"programs": n, "steps": n,
"raised": n, "gradients": n, "wrong": [...]}. A step that fails in one must fail in the other; after each
step all tensors agree in values, shape, ``requires_grad``, ``is_leaf`` and gradient.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import torchffi
from torchffi import ops

Step = tuple[str, int, int]
LENGTH = 14

VIEWS: dict[str, Callable[[Any, Any], Any]] = {
    "x[0]": lambda _, x: x[0],
    "x[-1]": lambda _, x: x[-1],
    "x[..., 1:]": lambda _, x: x[..., 1:],
    "x[None]": lambda _, x: x[None],
    "x.reshape(-1)": lambda _, x: x.reshape(-1),
    "x.mT": lambda _, x: x.mT if x.ndim > 1 else x[...],
    "expand": lambda _, x: x.expand(2, *x.shape),
    "squeeze": lambda t, x: t.squeeze(x, 0),
    "aten.view": lambda t, x: t.ops.aten.view(x, [-1]),
    "aten.transpose": lambda t, x: t.ops.aten.transpose(x, 0, -1),
    "aten.split": lambda t, x: t.ops.aten.split(x, 1)[0],
    "aten.as_strided": lambda t, x: t.ops.aten.as_strided(x, [2], [1]),
    "diagonal": lambda t, x: t.ops.aten.diagonal(x),
    "detach": lambda _, x: x.detach(),
}
USES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "x * y.sum()": lambda _, x, y: x * y.sum(),
    "x * y": lambda _, x, y: x * y,
    "x * x": lambda _, x, __: x * x,
    "x + 1": lambda _, x, __: x + 1,
    "x.sum()": lambda _, x, __: x.sum(),
    "tanh": lambda t, x, _: t.tanh(x),
    "concat": lambda t, x, _: t.concat([x.reshape(-1), x.reshape(-1)]),
    "where": lambda t, x, y: t.where(x > 0, x, y.sum()),
    "aten.mul": lambda t, x, y: t.ops.aten.mul(x, t.ops.aten.sum(y)),
}


def _add_tensor(_: Any, x: Any, y: Any) -> None:
    x += y.sum()


def _add_number(_: Any, x: Any, __: Any) -> None:
    x += 2.0


def _multiply(_: Any, x: Any, y: Any) -> None:
    x *= y.sum()


def _assign(_: Any, x: Any, y: Any) -> None:
    x[0] = y.sum()


def _assign_all(_: Any, x: Any, y: Any) -> None:
    x[...] = y.sum()


def _assign_all_axes(_: Any, x: Any, y: Any) -> None:
    x[:] = y.sum()


def _assign_slice(_: Any, x: Any, y: Any) -> None:
    x[..., 1:] = y.sum()


WRITES: dict[str, Callable[[Any, Any, Any], None]] = {
    "x += y.sum()": _add_tensor,
    "x += 2.0": _add_number,
    "x *= y.sum()": _multiply,
    "x[0] = y.sum()": _assign,
    "x[...] = y.sum()": _assign_all,
    "x[:] = y.sum()": _assign_all_axes,
    "x[..., 1:] = y.sum()": _assign_slice,
    "aten.mul_": lambda t, x, y: t.ops.aten.mul_(x, t.ops.aten.sum(y)),
    "aten.copy_": lambda t, x, y: t.ops.aten.copy_(x, t.ops.aten.sum(y)),
    "aten.zero_": lambda t, x, _: t.ops.aten.zero_(x),
}


def _require(x: Any, value: bool) -> None:
    x.requires_grad_(value)


OTHERS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "requires_grad_()": lambda _, x, __: _require(x, True),
    "requires_grad_(False)": lambda _, x, __: _require(x, False),
    "retain_grad": lambda _, x, __: x.retain_grad(),
    "backward": lambda _, x, __: x.sum().backward(),
    "backward, retained": lambda _, x, __: x.sum().backward(retain_graph=True),
    "grad": lambda t, x, y: t.autograd.grad((x * x).sum(), y, create_graph=True)[0],
}
NAMES = (
    [f"view {name}" for name in VIEWS] * 3
    + [f"no_grad view {name}" for name in VIEWS]
    + [f"use {name}" for name in USES] * 3
    + [f"no_grad use {name}" for name in USES]
    + [f"write {name}" for name in WRITES] * 3
    + [f"no_grad write {name}" for name in WRITES] * 2
    + ["other requires_grad_()"] * 12
    + [f"other {name}" for name in OTHERS] * 4
)


def draw(seed: str) -> list[Step]:
    """A program: the name of a step, and the numbers of its tensors, modulo how many there are."""
    source = random.Random(seed)
    names = ["other requires_grad_()", *[source.choice(NAMES) for _ in range(LENGTH)]]
    source.shuffle(names)
    names += ["other backward, retained"] * 4
    return [(name, source.randrange(60), source.randrange(60)) for name in names]


class Reference:
    """PyTorch under the names that the programs use."""

    ops = torch.ops
    autograd = torch.autograd
    no_grad = torch.no_grad
    squeeze, tanh, where, concat = torch.squeeze, torch.tanh, torch.where, torch.concat

    @staticmethod
    def new(values: list[Any]) -> Any:
        return torch.tensor(values, dtype=torch.float64)


class Ours:
    """torchffi under the same names."""

    ops = ops
    autograd = torchffi.autograd
    no_grad = torchffi.no_grad
    tanh, where, concat = torchffi.tanh, torchffi.where, torchffi.concat

    @staticmethod
    def squeeze(x: Any, axis: int) -> Any:
        return torchffi.squeeze(x, axis) if x.ndim and x.shape[axis] == 1 else x[...]

    @staticmethod
    def new(values: list[Any]) -> Any:
        return torchffi.asarray(values, dtype=torchffi.float64)


class Machine:
    """One library's run of a program."""

    def __init__(self, library: Any) -> None:
        self.library = library
        self.tensors = [
            library.new([[1.0, -2.0], [3.0, 0.5]]),
            library.new([0.25, 2.0]),
            library.new([[1.5, 1.0], [-1.0, 2.0]]),
        ]

    def step(self, step: Step) -> str:
        """Does a step; returns ``"raised"`` or ``""``."""
        name, i, j = step
        x, y = self.tensors[i % len(self.tensors)], self.tensors[j % len(self.tensors)]
        try:
            if name.startswith("no_grad "):
                with self.library.no_grad():
                    made = self.do(name.removeprefix("no_grad "), x, y)
            else:
                made = self.do(name, x, y)
        except (RuntimeError, ValueError, IndexError, TypeError):
            return "raised"
        if made is not None:
            self.tensors.append(made)
        return ""

    def do(self, name: str, x: Any, y: Any) -> Any:
        kind, _, what = name.partition(" ")
        if kind == "view":
            return VIEWS[what](self.library, x)
        if kind == "use":
            return USES[what](self.library, x, y)
        if kind == "write":
            WRITES[what](self.library, x, y)
            return None
        return OTHERS[what](self.library, x, y)

    def state(self) -> list[Any]:
        """Everything that can be compared, of every tensor."""
        return [state(x) for x in self.tensors]


def state(x: Any) -> tuple[Any, ...]:
    """Everything of a tensor that can be compared."""
    try:
        leaf = x.is_leaf
    except (RuntimeError, ValueError):  # of a view made in no_grad whose base has been written to
        leaf = "raised"
    gradient = values(x.grad) if leaf is True else None
    return tuple(x.shape), x.requires_grad, leaf, values(x), gradient


def values(x: Any) -> Any:
    return None if x is None else np.asarray(x.detach().tolist())


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True)
    return type(a) is type(b) and a == b


def run(program: list[Step], counts: dict[str, int]) -> str:
    """Runs a program in both; returns what differs, or ``""``."""
    machines = Machine(Ours), Machine(Reference)
    for number, step in enumerate(program):
        ours, reference = (machine.step(step) for machine in machines)
        counts["steps"] += 1
        counts["raised"] += bool(reference)
        if ours != reference:
            return f"{step} at {number}: {ours or 'went'}, PyTorch {reference or 'went'}"
        a, b = (machine.state() for machine in machines)
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            if not same(x, y):
                return f"{step} at {number}: tensor {i} is {x}, PyTorch {y}"
    counts["gradients"] += sum(one[-1] is not None for one in machines[1].state())
    return ""


def shortened(program: list[Step]) -> list[Step]:
    """A shorter program that differs as well."""
    counts = {"steps": 0, "raised": 0, "gradients": 0}
    i = 0
    while i < len(program):
        shorter = program[:i] + program[i + 1 :]
        if run(shorter, counts):
            program = shorter
        else:
            i += 1
    return program


def report(count: int, seed: str) -> dict[str, Any]:
    """Runs programs."""
    counts = {"steps": 0, "raised": 0, "gradients": 0}
    wrong = []
    for number in range(count):
        program = draw(f"{seed} {number}")
        if run(program, counts):
            short = shortened(program)
            wrong.append([short, run(short, dict(counts))])
    return {"programs": count, **counts, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(report(int(sys.argv[1]), sys.argv[2])))
