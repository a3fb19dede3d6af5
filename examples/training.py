"""Parts of examples that train: the history of a training, a progress bar, and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

_BLUE, _ORANGE, _GREY = "#1f5fa8", "#c2571a", "#767676"


@dataclass
class History:
    """Measurements of a training, a value for each epoch."""

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


def epochs_of(arguments: Sequence[str], default: int) -> int:
    """The number of epochs: the argument, if there is one.

    Raises:
        ValueError: If it is not a positive integer.
    """
    epochs = int(arguments[0]) if arguments else default
    if epochs < 1:
        raise ValueError(f"{epochs} epochs, expected a positive number")
    return epochs


def progress(loader: Any, epoch: int) -> Iterator[Any]:
    """The batches of an epoch, with a progress bar on a terminal if tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return iter(loader)
    return iter(tqdm(loader, f"epoch {epoch + 1:2}", unit=" batches", leave=False, disable=None))


def confusion(labels: np.ndarray[Any, Any], predicted: np.ndarray[Any, Any], count: int) -> Any:
    """How often each class, a row, was taken for each class, a column."""
    found = np.zeros((count, count), int)
    np.add.at(found, (labels, predicted), 1)
    return found


def plot(
    file: Path,
    history: History,
    confused: np.ndarray[Any, Any],
    names: Sequence[str],
    what: str,
    baseline: tuple[str, float] | None = None,
) -> Path | None:
    """Draws the loss, the accuracy and the confusion matrix.

    Args:
        file: The PNG file to write.
        history: The measurements.
        confused: The result of :func:`confusion`.
        names: The classes.
        what: The kind of the classes.
        baseline: An accuracy to compare with, and its name.

    Returns:
        The file; None if matplotlib is not installed.
    """
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
    left.plot(epochs, history.loss, color=_BLUE, marker="o", markersize=3)
    left.set(xlabel="epoch", title="Loss and test accuracy", yscale="log")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.set_ylabel("training loss", color=_BLUE)
    share = left.twinx()
    percent = [100 * one for one in history.accuracy]
    share.plot(epochs, percent, color=_ORANGE, marker="o", markersize=3)
    share.set_ylabel("test accuracy in %", color=_ORANGE)
    if baseline is not None:
        name, accuracy = baseline
        share.axhline(100 * accuracy, color=_GREY, linestyle="--", linewidth=1)
        share.annotate(
            name, (epochs[-1], 100 * accuracy), (0, 3), textcoords="offset points", ha="right",
            color=_GREY, size=8,
        )  # fmt: skip
    right.imshow(np.log1p(confused), cmap="Blues")
    for row, column in zip(*np.nonzero(confused), strict=True):
        color = "white" if row == column else "black"
        right.text(
            column, row, confused[row, column], ha="center", va="center", color=color, size=8
        )
    places = range(len(names))
    long = max(map(len, names)) > 2
    right.set_xticks(places, names, rotation=45 if long else 0, ha="right" if long else "center")
    right.set_yticks(places, names)
    right.set(xlabel=f"predicted {what}", ylabel=what, title="Test data")
    for axis in (left, share):
        axis.spines[["top"]].set_visible(False)
    figure.savefig(file, dpi=130)
    pyplot.close(figure)
    return file
