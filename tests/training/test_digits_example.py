"""The example that trains a network on handwritten digits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.support import ROOT


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.digits.train", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("ffi_backend")
def test_the_example_learns_and_stores_what_it_learned(tmp_path: Path, torch: Any) -> None:
    done = run(tmp_path, "6")
    assert done.returncode == 0, done.stderr
    assert "The Python package torch was not imported." in done.stdout
    found = re.search(
        r"^Test accuracy (\d+\.\d\d)% after 6 epochs in \d+\.\d s$", done.stdout, re.M
    )
    assert found is not None, done.stdout
    assert float(found[1]) >= 97.5
    folder = tmp_path / "build" / "digits"
    if find_spec("matplotlib") is not None:
        assert (folder / "training.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    stored = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert stored["epoch"] == 5
    # PyTorch's module and the NumPy backend compute the same scores from the state.
    from examples.digits.network import network

    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 32, 3, padding=1),
        torch.nn.BatchNorm2d(32),
        torch.nn.ReLU(),
        torch.nn.Conv2d(32, 64, 3, padding=1),
        torch.nn.BatchNorm2d(64),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Dropout(0.25),
        torch.nn.Flatten(),
        torch.nn.Linear(1024, 64),
        torch.nn.ReLU(),
        torch.nn.Linear(64, 10),
    ).eval()
    theirs.load_state_dict(stored["network"])
    images = np.linspace(0, 1, 3 * 64, dtype="float32").reshape(3, 1, 8, 8)
    expected = theirs(torch.from_numpy(images)).detach().numpy()
    for backend in ("ffi", "numpy"):
        with torchffi.use_backend(backend):
            ours = network().eval()
            ours.load_state_dict(torchffi.load(folder / "checkpoint.pt")["network"])
            scores = ours(torchffi.asarray(images)).detach().numpy()
        np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("epochs", "message"),
    [("many", "invalid literal"), ("0", "0 epochs, expected a positive number")],
)
def test_a_wrong_argument_is_told(epochs: str, message: str, tmp_path: Path) -> None:
    done = run(tmp_path, epochs)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"digits: {message}") and done.stderr.count("\n") == 1
