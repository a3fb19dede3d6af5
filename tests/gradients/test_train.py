"""examples/train.c: a C program that trains, step by step as PyTorch with the same seed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.installations import ROOT, clean_environment

torch = pytest.importorskip("torch")
datasets = pytest.importorskip("sklearn.datasets")

STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("train") / "train"
    config = [sys.executable, "-m", "torchffi", "config", "--cflags", "--libs"]
    done = subprocess.run(config, cwd=ROOT, capture_output=True, text=True, check=True)
    source = ROOT / "examples" / "train.c"
    subprocess.run(["cc", *STRICT, source, "-o", output, *shlex.split(done.stdout)], check=True)
    return output


def run(program: Path, text: str, steps: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, steps],
        input=text,
        text=True,
        env=clean_environment() | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )


def reference(features: Any, classes: Any, steps: int) -> list[tuple[int, float, int]]:
    """Step, loss and how many are right, every 50 steps, by PyTorch."""
    x, y = torch.tensor(features, dtype=torch.float32), torch.tensor(classes)
    x = (x - x.mean(0, keepdim=True)) / x.std(0, correction=0, keepdim=True)
    torch.manual_seed(0)
    kinds = int(y.max()) + 1
    first = (torch.randn(32, x.shape[1]) * 0.1).requires_grad_()
    second = (torch.randn(kinds, 32) * 0.1).requires_grad_()
    layers = [
        first,
        torch.zeros(32, requires_grad=True),
        second,
        torch.zeros(kinds, requires_grad=True),
    ]
    found = []
    for step in range(1, steps + 1):
        hidden = torch.nn.functional.linear(x, layers[0], layers[1]).relu()
        scores = torch.nn.functional.linear(hidden, layers[2], layers[3])
        loss = torch.nn.functional.cross_entropy(scores, y)
        gradients = torch.autograd.grad(loss, layers)
        with torch.no_grad():
            for layer, gradient in zip(layers, gradients, strict=True):
                layer -= 0.5 * gradient
        if step % 50 == 0:
            found.append((step, float(loss), int((scores.argmax(1) == y).sum())))
    return found


@pytest.mark.parametrize(("name", "share"), [("iris", 0.97), ("wine", 0.99)])
def test_it_learns_as_pytorch_does(program: Path, name: str, share: float) -> None:
    table = getattr(datasets, f"load_{name}")()
    rows = np.column_stack([table.data, table.target])
    done = run(program, "\n".join(",".join(map(str, row)) for row in rows.tolist()) + "\n", "200")
    assert (done.returncode, done.stderr) == (0, "")
    lines = re.findall(r"step (\d+): loss ([\d.]+), (\d+) of (\d+) right", done.stdout)
    expected = reference(table.data, table.target, 200)
    assert [int(step) for step, *_ in lines] == [step for step, *_ in expected]
    for (_, loss, right, rows_), (_, wanted, wanted_right) in zip(lines, expected, strict=True):
        assert abs(float(loss) - wanted) < 2e-4
        assert (int(right), int(rows_)) == (wanted_right, len(table.target))
    assert expected[-1][2] >= share * len(table.target)
    assert done.stdout.endswith("handles left: 0\n")


@pytest.mark.parametrize(
    ("text", "steps", "message"),
    [
        ("", "5", "not as many numbers"),
        ("1,2,0\n1,2\n", "5", "not as many numbers"),
        ("1,x,0\n", "5", "not as many numbers"),
        ("1,2,-1\n", "5", "not one of 0 to 255"),
        ("1,2,0\n", "x", "usage"),
    ],
)
def test_what_is_wrong_with_the_table_is_told(
    program: Path, text: str, steps: str, message: str
) -> None:
    done = run(program, text, steps)
    assert done.returncode == 1
    assert message in done.stderr
