"""Trains the network: ``python -m examples.digits.train [EPOCHS]``.

Writes a checkpoint and a picture to ``build/digits``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import torchffi as tf
from examples.digits import network
from examples.training import confusion, epochs_of, plot, progress

FOLDER = Path("build") / "digits"


def main(arguments: list[str]) -> int:
    """Runs the training; returns its exit code."""
    try:
        epochs = epochs_of(arguments, 15)
        tf.manual_seed(0)
        # A second thread gains little in small batches, and on a busy machine both wait for each other.
        tf.set_num_threads(1)
        train, test = network.data()
    except ImportError:
        print(
            "digits: the images come with scikit-learn: pip install scikit-learn", file=sys.stderr
        )
        return 1
    except (ValueError, tf.TorchError) as error:
        print(f"digits: {error}", file=sys.stderr)
        return 1
    net = network.network()
    FOLDER.mkdir(parents=True, exist_ok=True)
    checkpoint = FOLDER / "checkpoint.pt"
    count = sum(parameter.size for parameter in net.parameters())
    print(f"{count:,} parameters, {len(train)} images to train with, {len(test)} for the test")
    started = perf_counter()
    history = network.train(net, train, test, epochs, checkpoint, progress)
    seconds = perf_counter() - started
    images, labels = test.tensors
    confused = confusion(labels.numpy(), network.predicted(net, images).numpy(), 10)
    picture = plot(FOLDER / "training.png", history, confused, list("0123456789"), "digit")
    print(f"Checkpoint: {checkpoint}")
    print(f"Plot: {picture}" if picture else "Plot: none, because matplotlib is not installed")
    if "torch" not in sys.modules:
        print("The Python package torch was not imported.")
    print(f"Test accuracy {history.accuracy[-1]:.2%} after {epochs} epochs in {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
