"""What a program requires of its inputs: PyTorch refuses the same ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.export import Dim

import torchffi
from tests.export.test_programs import check, ours

Exported = Callable[[str], Path]
ones = torch.ones
OPTIONS = {"scale": 2.0, "options": {"bias": [ones(3)]}}


def _refused_by_pytorch(path: Path, arguments: Any, named: Any) -> bool:
    try:
        torch.export.load(path).module()(*arguments, **named)
    except (AssertionError, ValueError, RuntimeError, TypeError, IndexError):
        return True
    return False


WRONG: dict[str, tuple[str, Any, Any, str]] = {
    "below the range": (
        "shapes", (ones(2, 4), ones(3, 4)), {}, "x: length of axis 0 is 2, expected 3 to 64",
    ),
    "above the range": (
        "shapes", (ones(65, 4), ones(3, 4)), {}, "x: length of axis 0 is 65, expected 3 to 64",
    ),
    "a fixed size": (
        "shapes", (ones(5, 4), ones(3, 5)), {}, "y: length of axis 1 is 5, expected 4 .not dynamic",
    ),
    "too few axes": (
        "shapes", (ones(5), ones(3, 4)), {}, r"x: shape \(5,\), expected float32\[s\d+, 4\]",
    ),
    "two sizes that are one": (
        "minilm", (ones(2, 5, dtype=torch.int64), ones(3, 5, dtype=torch.int64)), {},
        "length of axis 0 is 3, expected 2",
    ),
    "too few arguments": (
        "shapes", (ones(5, 4),), {}, r"got 1 positional arguments; the program takes \(x, y\)",
    ),
    "too many arguments": ("branch", (ones(2, 4), ones(()), 1), {}, "got 3 positional arguments"),
    "an unknown name": (
        "branch", (ones(2, 4),), {"flags": ones(())},
        r"1 positional arguments and the names flags; the program takes \(x, flag\)",
    ),
    "a missing key": (
        "nested", (ones(2, 4),), OPTIONS | {"options": {}}, r"expected \{'bias': \[\*\]\}, got a dict",
    ),
    "another container": (
        "nested", (ones(2, 4),), OPTIONS | {"options": {"bias": ones(3)}},
        r"expected \[\*\], got a Tensor",
    ),
    "another constant": (
        "nested", (ones(2, 4),), OPTIONS | {"scale": 3.0}, "scale: got 3.0, expected 2.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_inputs_are_refused(case: str, exported: Exported) -> None:
    name, arguments, named, message = WRONG[case]
    path = exported(name)
    assert _refused_by_pytorch(path, arguments, named)
    program = torchffi.export.load(path)
    with pytest.raises(ValueError, match=message):
        program(*ours(arguments), **ours(named))


def test_another_dtype_is_refused(exported: Exported) -> None:
    program = torchffi.export.load(exported("shapes"))
    with pytest.raises(
        TypeError, match=r"x: dtype float64, expected float32; x\.astype\(torchffi\.float32\)"
    ):
        program(torchffi.zeros((5, 4), dtype=torchffi.float64), torchffi.zeros((5, 4)))
    with pytest.raises(
        TypeError, match=r"x: expected a torchffi\.Tensor, got a list; torchffi\.asarray"
    ):
        program([[1.0]], torchffi.zeros((5, 4)))
    with pytest.raises(TypeError, match=r"y: expected a torchffi\.Tensor, got a torch\.Tensor"):
        program(torchffi.zeros((5, 4)), ones(5, 4))


def test_arguments_may_be_given_by_name(exported: Exported) -> None:
    program = torchffi.export.load(exported("shapes"))
    x, y = torchffi.ones((5, 4)), torchffi.zeros((3, 4))
    wanted = program(x, y)[0].tolist()
    assert program(x, y=y)[0].tolist() == wanted
    assert program(y=y, x=x)[0].tolist() == wanted


def _saved(module: Callable[..., Any], arguments: Any, dynamic: Any, path: Path) -> Path:
    class Module(torch.nn.Module):
        def forward(self, *given: Any) -> Any:
            return module(*given)

    program = torch.export.export(Module(), arguments, dynamic_shapes=(dynamic,))
    torch.export.save(program, path)
    return path


def test_derived_sizes_are_solved(tmp_path: Path) -> None:
    half = Dim("half", min=2, max=20)
    path = _saved(
        lambda x, y: x.reshape(2, -1) + y,
        (ones(8), ones(4)),
        ({0: 2 * half}, {0: half}),
        tmp_path / "p.pt2",
    )
    program = torchffi.export.load(path)
    assert program(torchffi.ones(12), torchffi.ones(6)).shape == (2, 6)
    with pytest.raises(ValueError, match="length of axis 0 is 10, expected 12"):
        program(torchffi.ones(10), torchffi.ones(6))
    alone = _saved(lambda x: x * 2, (ones(8),), ({0: 2 * half},), tmp_path / "q.pt2")
    program = torchffi.export.load(alone)
    assert program(torchffi.ones(10)).shape == (10,)
    with pytest.raises(ValueError, match="is 11, which is not"):
        program(torchffi.ones(11))
    with pytest.raises(ValueError, match="from given_0: length of axis 0, is 21, expected 0 to 20"):
        program(torchffi.ones(42))


def test_a_size_may_be_an_argument(tmp_path: Path) -> None:
    path = _saved(
        lambda x, n: x[:n] * n, (ones(8), 3), ({0: Dim.DYNAMIC}, Dim.DYNAMIC), tmp_path / "p.pt2"
    )
    program, reference = torchffi.export.load(path), torch.export.load(path).module()
    for n in (3, 5):
        check(program(torchffi.ones(9), n), reference(ones(9), n), 0)
    with pytest.raises(ValueError, match="expected an int"):
        program(torchffi.ones(9), 3.0)


def test_guards_are_checked_unless_told_otherwise(tmp_path: Path) -> None:
    """A program is specialised for the inputs that it was traced with."""

    def traced(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x.reshape(-1, y.shape[0])

    path = _saved(
        traced, (ones(12), ones(3)), ({0: Dim.DYNAMIC}, {0: Dim.DYNAMIC}), tmp_path / "p.pt2"
    )
    assert _refused_by_pytorch(path, (ones(13), ones(3)), {})
    program = torchffi.export.load(path)
    assert program(torchffi.ones(20), torchffi.ones(5)).shape == (4, 5)
    with pytest.raises(ValueError, match="the program was exported for inputs where"):
        program(torchffi.ones(13), torchffi.ones(3))
    with pytest.raises(ValueError, match="reshape"):  # the operator finds it
        program.module(check_guards=False)(torchffi.ones(13), torchffi.ones(3))


def test_a_condition_on_data_is_checked(tmp_path: Path) -> None:
    def counted(x: torch.Tensor) -> torch.Tensor:
        n = x.sum().to(torch.int64).item()
        torch._check(n >= 2)
        torch._check(n <= 6)
        return torch.zeros(n)

    path = _saved(counted, (ones(4),), (None,), tmp_path / "p.pt2")
    program = torchffi.export.load(path)
    assert program(torchffi.ones(4)).shape == (4,)
    with pytest.raises(ValueError):
        program(torchffi.ones(4) * 2)
