"""The sentence encoder, compared with PyTorch's BERT, and its command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from bench.minilm import main
from examples.minilm.encoder import MAX_TOKENS, Encoder, batches, packaged_model, padded
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
    """Vectors by transformers' BertModel on PyTorch, each sentence alone, without padding."""
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


def test_batches_contain_each_sentence_once_with_little_padding() -> None:
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
    assert {weight.backend for weight in encoder.bert.parameters()} == {backend}
    assert (torchffi.memory_stats()["live_handles"], torchffi.fallback_counts()) == before


def test_weights_are_not_copied(ffi_backend: None) -> None:
    before = torchffi.memory_stats()["borrowed_arrays"]
    encoder = Encoder(packaged_model())
    weights = encoder.bert.state_dict()
    assert torchffi.memory_stats()["borrowed_arrays"] - before >= len(weights) > 100


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


def test_output_without_json_is_readable(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
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
