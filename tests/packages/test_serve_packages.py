"""examples/serve.c with AOTInductor packages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.models.test_serve import ffi_built, program, run

__all__ = ["ffi_built", "program"]

torch = pytest.importorskip("torch")


def test_each_input_gives_an_output(program: Path, packages: Path) -> None:
    x = np.random.default_rng(3).standard_normal((5, 2, 3, 32, 32)).astype(np.float32)
    done = run(program, packages / "cnn.pt2", "2,3,32,32", data=x.tobytes())
    assert (done.returncode, done.stderr) == (0, b"")
    model = torch._inductor.aoti_load_package(str(packages / "cnn.pt2"))
    expected = np.stack([model(torch.from_numpy(one)).numpy() for one in x])
    found = np.frombuffer(done.stdout, np.float32).reshape(expected.shape)
    assert np.abs(found - expected).max() <= 1e-5


def test_shapes_that_cannot_be_checked(program: Path, packages: Path) -> None:
    x = np.random.default_rng(3).standard_normal((20, 3, 32, 32)).astype(np.float32)
    arguments = (packages / "cnn.pt2", "20,3,32,32")
    done = run(program, *arguments, data=x.tobytes())
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"the compiler assumed at most 15" in done.stderr
    done = run(program, *arguments, "unchecked", data=x.tobytes())
    assert (done.returncode, done.stderr) == (0, b"")
    expected = torch._inductor.aoti_load_package(str(packages / "cnn.pt2"))(torch.from_numpy(x))
    found = np.frombuffer(done.stdout, np.float32).reshape(20, 10)
    assert np.abs(found - expected.numpy()).max() <= 1e-5


@pytest.mark.parametrize(
    ("shape", "size", "text"),
    [
        ("2,3,31,32", 2 * 3 * 31 * 32, "input 0: shape (2, 3, 31, 32), expected float32[s77, 3, 32"),
        ("2,3,32", 2 * 3 * 32, "input 0: shape (2, 3, 32), expected float32[s77, 3, 32, 32]"),
    ],
)  # fmt: skip
def test_errors(program: Path, packages: Path, shape: str, size: int, text: str) -> None:
    done = run(program, packages / "cnn.pt2", shape, data=bytes(4 * size))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"forward: package_call: {text}")


def test_a_model_that_takes_more(program: Path, packages: Path) -> None:
    done = run(program, packages / "relations.pt2", "4,64", data=bytes(4 * 4 * 64))
    assert done.stderr == b"forward: package_call: 1 inputs, expected 7\n"


def test_a_file_that_is_not_there(program: Path) -> None:
    done = run(program, "missing.pt2", "1")
    assert done.stderr == b"load: package_load: missing.pt2: No such file or directory\n"
