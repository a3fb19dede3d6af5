"""The rows of the breadth benchmark, made of the tables of calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from bench.breadth import names
from bench.breadth.calls import (
    by_name,
    elementwise,
    functional,
    matrices,
    methods,
    operators,
    shapes,
)
from torchffi._aten.numpy_table import TABLE

# The programs of bench.breadth.programs.
PROGRAMS: Final = ("lstm", "kalman", "heat", "life", "edit_distance", "kmeans")
# Groups that need gradients. They are measured last: LibTorch tracks them from their first use on.
GRADIENTS: Final = ("optimizers", "gradients")
# Group -> its table.
GROUPS: Final[dict[str, str]] = {
    "operators": operators.ROWS,
    "element-wise": elementwise.ELEMENTWISE,
    "reductions": elementwise.REDUCTIONS,
    "shapes": shapes.SHAPES,
    "indexing": shapes.INDEXING,
    "assignment": operators.ASSIGNMENT,
    "creation": shapes.CREATION,
    "conversions": methods.CONVERSIONS,
    "ordering": elementwise.ORDERING,
    "linalg": matrices.LINALG,
    "fft": matrices.FFT,
    "nn.functional": functional.FUNCTIONAL,
    "random": shapes.RANDOM,
    "in-place": operators.IN_PLACE,
    "methods": methods.METHODS,
    "by-name": "",
    "optimizers": functional.OPTIMIZERS,
    "gradients": functional.GRADIENTS,
    "programs": "\n".join(f"{name}.run(t) ; ; -" for name in PROGRAMS),
}

# Functions of the standard that PyTorch gives another name.
_IN_TORCH: Final = {"bitwise_invert": "bitwise_not", "equal": "eq"}
# Results that are random or uninitialized: only their shapes are compared.
_RANDOM: Final = frozenset(
    ["uniform_", "normal_", "exponential_", "empty", "empty_like", "manual_seed"]
)
# Decompositions with an arbitrary sign or order.
_ARBITRARY: Final = frozenset(["qr", "svd", "eigh", "eig", "eigvals"])
# Results that show the backend.
_OF_BACKEND: Final = frozenset(["backend", "get_backend", "__repr__"])


class Row(NamedTuple):
    """A call, and the same call of the peers.

    Attributes:
        group: Its group.
        ours: The statement with torchffi as ``t``.
        torch: The statement with PyTorch as ``t``; None if there is none.
        numpy: The statement with NumPy as ``np``; None if there is none.
    """

    group: str
    ours: str
    torch: str | None
    numpy: str | None

    @property
    def name(self) -> str:
        """The public name that it calls, or the name of a program."""
        if self.group == "programs":
            return self.ours.partition(".")[0]
        return names.called(self.ours)

    @property
    def last(self) -> str:
        """The last part of the name, without the overload of an operator of ATen."""
        parts = self.name.split(".")
        return parts[2] if self.name.startswith("ops.aten.") else parts[-1]

    @property
    def random(self) -> bool:
        """Whether only the shapes of the results agree."""
        return self.last in _RANDOM or self.group == "random"

    @property
    def arbitrary(self) -> bool:
        """Whether only the magnitudes of the results agree, in some order."""
        return self.last in _ARBITRARY

    @property
    def of_backend(self) -> bool:
        """Whether the result shows the backend."""
        return self.last in _OF_BACKEND

    @property
    def target(self) -> str | None:
        """The operand that the statement overwrites."""
        node = ast.parse(self.ours).body[0]
        if isinstance(node, ast.AugAssign):
            return ast.unparse(node.target)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            return ast.unparse(node.targets[0].value)
        if not self.last.endswith("_") or self.last.startswith("__"):
            return None
        assert isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        call = node.value
        # The object of a method, or the first argument of a function.
        found = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not isinstance(found, ast.Name):
            found = next(one for one in ast.walk(call.args[0]) if isinstance(one, ast.Name))
        return found.id

    @property
    def outcome(self) -> str | None:
        """The expression of what the statement changed; None if its result is of interest."""
        if self.group in GRADIENTS:
            if ".step" in self.ours:
                return "weight"
            if "backward" in self.ours or "clip_" in self.ours:
                return "weight.grad"
        return self.target


def rows(only: Collection[str] = ()) -> list[Row]:
    """All rows, or those of some groups or names.

    Raises:
        ValueError: For a name of no row.
    """
    found = [row for group in GROUPS for row in _of_group(group)]
    known = {*GROUPS, *(row.name for row in found), *(row.last for row in found)}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(
            f"unknown name {unknown[0]!r}; expected a group ({', '.join(GROUPS)}) or a public name such "
            "as add or Tensor.__add__"
        )
    return [row for row in found if not only or {row.group, row.name, row.last} & set(only)]


def _of_group(group: str) -> Iterator[Row]:
    if group == "by-name":
        yield from _by_name()
        return
    for line in GROUPS[group].strip().splitlines():
        ours, torch, numpy = ([*(part.strip() for part in line.split(" ;")), "", ""])[:3]
        if torch != "-":
            torch = torch or _in_torch(ours)
        yield Row(group, ours, None if torch == "-" else torch, _in_numpy(ours, numpy))


def _in_torch(ours: str) -> str:
    """Our statement with PyTorch's names."""
    for name, other in _IN_TORCH.items():
        ours = ours.replace(f"t.{name}(", f"t.{other}(")
    ours = re.sub(r"\baxis=", "dim=", re.sub(r"\baxes=", "dim=", ours))
    return ours.replace("keepdims=", "keepdim=")


def _in_numpy(ours: str, given: str) -> str | None:
    """Our statement with NumPy's names, unless one is given."""
    return None if given == "-" else given or re.sub(r"\bt\.", "np.", ours)


def _by_name() -> Iterator[Row]:
    arguments = {
        name: line.rpartition(") ")[0] + ")"
        for line in by_name.ARGUMENTS.strip().splitlines()
        for name in line.rpartition(") ")[2].split()
    }
    for name in [*TABLE, *(name for name in arguments if name not in TABLE)]:
        base, _, overload = name.partition(".")
        plain = base.removesuffix("_") + (f".{overload}" if overload else "")
        given = arguments.get(name, arguments.get(plain))
        if given is not None:
            statement = f"t.ops.aten.{base}.{overload or 'default'}{given}"
            yield Row("by-name", statement, statement, None)
