"""Trains the network: ``python -m examples.digits.train [EPOCHS]``.

Writes a checkpoint and a picture to ``build/digits``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import torchffi as tf
from examples.digits import network
from examples.digits.network import History

FOLDER = Path("build") / "digits"


def main(arguments: list[str]) -> int:
    """Runs the training; returns its exit code."""
    try:
        epochs = int(arguments[0]) if arguments else 15
        tf.manual_seed(0)
        train, test = network.data()
    except (ValueError, ImportError, tf.TorchError) as error:
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
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (labels.numpy(), network.predicted(net, images).numpy()), 1)
    picture = plot(history, confusion)
    print(f"Checkpoint: {checkpoint}")
    print(f"Plot: {picture}" if picture else "Plot: none, because matplotlib is not installed")
    if "torch" not in sys.modules:
        print("The Python package torch was not imported.")
    print(f"Test accuracy {history.accuracy[-1]:.2%} after {epochs} epochs in {seconds:.1f} s")
    return 0


def progress(loader: Any, epoch: int) -> Iterator[Any]:
    """The batches of an epoch, with a progress bar if tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return iter(loader)
    return iter(tqdm(loader, f"epoch {epoch + 1:2}", unit=" batches", leave=False))


def plot(history: History, confusion: np.ndarray[Any, Any]) -> Path | None:
    """Draws the loss, the accuracy and the confusion matrix; returns the file."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(10, 4.2), layout="constrained", width_ratios=(3, 2)
    )
    epochs = range(1, len(history.loss) + 1)
    left.plot(epochs, history.loss, color="#1f5fa8", marker="o", markersize=3)
    left.set(xlabel="epoch", title="Loss and test accuracy", yscale="log")
    left.set_ylabel("training loss", color="#1f5fa8")
    share = left.twinx()
    share.plot(
        epochs, [100 * one for one in history.accuracy], color="#c2571a", marker="o", markersize=3
    )
    share.set_ylabel("test accuracy in %", color="#c2571a")
    right.imshow(np.log1p(confusion), cmap="Blues")
    for row, column in zip(*np.nonzero(confusion), strict=True):
        color = "white" if row == column else "black"
        right.text(
            column, row, confusion[row, column], ha="center", va="center", color=color, size=8
        )
    right.set(
        xlabel="predicted digit",
        ylabel="digit",
        xticks=range(10),
        yticks=range(10),
        title="Test images",
    )
    for axis in (left, share):
        axis.spines[["top"]].set_visible(False)
    figure.savefig(FOLDER / "training.png", dpi=130)
    pyplot.close(figure)
    return FOLDER / "training.png"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
