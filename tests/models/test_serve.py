"""examples/serve.c: a C program that computes with a TorchScript file."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.installations import ROOT, clean_environment
from tests.models.scripts import reference

torch = pytest.importorskip("torch")

STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]


@pytest.fixture(scope="module")
def program(ffi_built: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("serve") / "serve"
    config = [sys.executable, "-m", "torchffi", "config", "--cflags", "--libs"]
    done = subprocess.run(config, cwd=ROOT, capture_output=True, text=True, check=True)
    source = ROOT / "examples" / "serve.c"
    subprocess.run(["cc", *STRICT, source, "-o", output, *shlex.split(done.stdout)], check=True)
    return output


@pytest.fixture(scope="module")
def ffi_built() -> None:
    from shim.build import build, libtorch

    found = libtorch.find().libtorch
    assert found is not None, "the tests need a LibTorch"
    build.shim(found)


def run(
    program: Path, *arguments: str | Path, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [program, *arguments], input=data, env=clean_environment(), capture_output=True, check=False
    )


def test_each_input_gives_an_output(program: Path, files: dict[str, Path]) -> None:
    x = np.random.default_rng(3).standard_normal((5, 2, 3, 16, 16)).astype(np.float32)
    done = run(program, files["cnn"], "2,3,16,16", data=x.tobytes())
    assert (done.returncode, done.stderr) == (0, b"")
    with torch.no_grad():
        expected = [reference(files["cnn"])(one).numpy() for one in torch.from_numpy(x)]
    assert done.stdout == b"".join(one.tobytes() for one in expected)


def test_the_first_tensor_of_a_tuple_is_written(program: Path, files: dict[str, Path]) -> None:
    done = run(program, files["counter"], "3", data=np.ones((2, 3), np.float32).tobytes())
    assert np.frombuffer(done.stdout, np.float32).tolist() == [3, 3, 3, 4, 4, 4]


@pytest.mark.parametrize(
    ("shape", "data", "text"),
    [
        ("2,9", b"\0" * 72, "cannot be multiplied"),
        ("2,8", b"\0" * 63, "the input ends within a tensor"),
        ("0", b"", "usage:"),
        ("2,x", b"", "usage:"),
    ],
)
def test_errors(program: Path, files: dict[str, Path], shape: str, data: bytes, text: str) -> None:
    done = run(program, files["mlp"], shape, data=data)
    assert (done.returncode > 0, done.stdout) == (True, b"")
    assert text in done.stderr.decode()


def test_a_file_that_is_not_there(program: Path) -> None:
    done = run(program, "missing.pt", "1")
    assert done.stderr == b"load: module_load: missing.pt: No such file or directory\n"
