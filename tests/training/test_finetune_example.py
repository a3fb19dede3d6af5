"""The example that trains the last layer of the sentence encoder and a head."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as tf
from examples.minilm.encoder import Encoder, packaged_model
from examples.minilm_finetune.network import ByLength, Classifier, evaluated, items
from examples.minilm_finetune.sentences import TOPICS, data
from tests.support import ROOT

TEXTS = ["Open a compressed archive for reading.", "Return the square root.", "Send a message."]


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.minilm_finetune.train", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("ffi_backend")
def test_the_example_learns_and_stores_what_it_learned(tmp_path: Path, torch: Any) -> None:
    done = run(tmp_path, "4", "20")
    assert done.returncode == 0, done.stderr
    assert f"{20 * len(TOPICS)} sentences to train with, 480 for the test" in done.stdout
    assert re.search(r"^\d\d\.\d\d% have the topic with the nearest mean", done.stdout, re.M)
    assert "The Python package torch was not imported." in done.stdout
    found = re.search(
        r"^Test accuracy (\d\d\.\d\d)% after 4 epochs in \d+\.\d s\n$", done.stdout, re.M
    )
    assert found is not None, done.stdout
    assert float(found[1]) >= 45  # a guess is right in 12.5 %
    folder = tmp_path / "build" / "minilm_finetune"
    if find_spec("matplotlib") is not None:
        assert (folder / "training.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    stored = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert stored["epoch"] == 3
    expected = their_scores(torch, stored["network"])
    for backend in ("ffi", "numpy"):
        with tf.use_backend(backend):
            encoder = Encoder(packaged_model())
            untrained = encoder.bert.encoder.layer[-1].output.dense.weight.numpy().copy()
            net = Classifier(encoder.bert.encoder.layer[-1], len(TOPICS))
            net.load_state_dict(tf.load(folder / "checkpoint.pt")["network"])
            scores = evaluated(net, net, items(encoder, TEXTS, [0, 0, 0]))
        np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
        assert np.abs(net.layer.output.dense.weight.detach().numpy() - untrained).max() > 1e-4


def their_scores(torch: Any, state: dict[str, Any]) -> Any:
    """The scores of the classifier by PyTorch and Hugging Face's BertModel."""
    from transformers import BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    folder = packaged_model()
    tokenizer = BertTokenizerFast.from_pretrained(folder, local_files_only=True)
    model = BertModel.from_pretrained(folder, local_files_only=True).train(False)
    layer = {n.removeprefix("layer."): x for n, x in state.items() if n.startswith("layer.")}
    model.encoder.layer[-1].load_state_dict(layer)
    rows = []
    with torch.no_grad():
        for text in TEXTS:
            mean = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0)
            rows.append(state["head.weight"] @ (mean / mean.norm()) + state["head.bias"])
    return torch.stack(rows).numpy()


def test_sentences_are_in_one_part_and_of_one_topic() -> None:
    train, test = data(30, 60)
    assert Counter(train.topics) == dict.fromkeys(range(len(TOPICS)), 30)
    assert Counter(test.topics) == dict.fromkeys(range(len(TOPICS)), 60)
    assert len({*train.texts, *test.texts}) == len(train.texts) + len(test.texts)
    assert data(30, 60)[1] == test and data(20, 60)[1] == test
    assert data(30, 60, seed=1)[1] != test
    assert all(3 < len(text.split()) < 19 for text in test.texts)


def test_batches_have_each_sentence_once_in_another_order(backend: str) -> None:
    lengths = [3 + i * 7 % 20 for i in range(100)]
    order = ByLength(lengths, 8)
    first, second = list(order), list(order)
    for found in (first, second):
        assert sorted(i for chosen in found for i in chosen) == list(range(100))
    assert first != second and len(first) == len(second) == len(order)
    for chosen in first:
        inside = [lengths[i] for i in chosen]
        assert len(inside) <= 8 and max(inside) <= 2 * min(inside)


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["0"], {}, "0 epochs, expected a positive number"),
        (["1"], {"LIBTORCH": "/nonexistent"}, "requires_grad_: gradients need LibTorch"),
    ],
)
def test_what_cannot_be_is_told(
    arguments: list[str], environment: dict[str, str], message: str, tmp_path: Path
) -> None:
    done = run(tmp_path, *arguments, **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"minilm_finetune: {message}") and done.stderr.count("\n") == 1
