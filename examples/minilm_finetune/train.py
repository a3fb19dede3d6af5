"""Trains the classifier: ``python -m examples.minilm_finetune.train [EPOCHS [SENTENCES]]``.

SENTENCES is how many of each topic to train with, 120 by default. Writes a checkpoint and a picture to
``build/minilm_finetune``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import numpy as np

import torchffi as tf
from examples.minilm.encoder import Encoder, packaged_model
from examples.minilm.weights import ModelError
from examples.minilm_finetune import network, sentences
from examples.minilm_finetune.sentences import TOPICS
from examples.training import confusion, epochs_of, plot, progress

FOLDER = Path("build") / "minilm_finetune"


def main(arguments: list[str]) -> int:
    """Runs the training; returns its exit code."""
    try:
        epochs = epochs_of(arguments, 6)
        data = sentences.data(*map(int, arguments[1:2]))
        tf.manual_seed(0)
        # A second thread gains little in small batches, and on a busy machine both wait for each other.
        tf.set_num_threads(1)
        encoder = Encoder(packaged_model())
        net = network.Classifier(encoder.bert.encoder.layer[-1], len(TOPICS))
        net.requires_grad_()  # those of the encoder do not
    except (ValueError, ModelError, tf.TorchError) as error:
        print(f"minilm_finetune: {error}", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    checkpoint = FOLDER / "checkpoint.pt"
    count = sum(parameter.size for parameter in net.parameters())
    print(
        f"{len(data[0].texts)} sentences to train with, {len(data[1].texts)} for the test: summaries of "
        f"docstrings\nof Python's standard library, to be assigned to {len(TOPICS)} topics: "
        f"{', '.join(TOPICS)}"
    )
    started = perf_counter()
    train, test = (network.items(encoder, *part) for part in data)
    topics = np.array(data[1].topics)
    untrained = float((network.nearest(net, train, test) == topics).mean())
    print(f"{untrained:.2%} have the topic with the nearest mean vector of the untrained encoder")
    print(f"Training {count:,} parameters: the last layer of the encoder, and a head")
    history = network.train(net, train, test, epochs, checkpoint, progress)
    seconds = perf_counter() - started
    picture = plot(
        FOLDER / "training.png",
        history,
        confusion(topics, network.predicted(net, test), len(TOPICS)),
        TOPICS,
        "topic",
        ("untrained encoder", untrained),
    )
    print(f"Checkpoint: {checkpoint}")
    print(f"Plot: {picture}" if picture else "Plot: none, because matplotlib is not installed")
    if "torch" not in sys.modules:
        print("The Python package torch was not imported.")
    print(f"Test accuracy {history.accuracy[-1]:.2%} after {epochs} epochs in {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
