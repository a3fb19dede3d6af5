"""The network, its data, and its training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torchffi as tf
from examples.training import History
from torchffi import Tensor, nn
from torchffi.utils.data import DataLoader, TensorDataset

TRAINED = 1347  # of 1,797 images; the others are for the test


def network(nn: Any = nn) -> Any:
    """Reads images of 8 x 8 pixels, of shape (n, 1, 8, 8), and gives 10 scores for each.

    Args:
        nn: The library of layers; PyTorch's has the same names.
    """
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(1024, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def data() -> tuple[TensorDataset, TensorDataset]:
    """The images and labels to train with, and those for the test."""
    from sklearn.datasets import load_digits

    found = load_digits()
    images = tf.from_numpy((found.images[:, None] / 16).astype("float32"))
    labels = tf.from_numpy(found.target.astype("int64"))
    order = tf.ops.aten.randperm(len(labels), dtype=tf.int64)
    parts = order[:TRAINED], order[TRAINED:]
    train, test = (TensorDataset(images[part], labels[part]) for part in parts)
    return train, test


def train(
    net: nn.Module,
    data: TensorDataset,
    test: TensorDataset,
    epochs: int,
    checkpoint: Path,
    shown: Callable[[DataLoader, int], Iterator[list[Tensor]]],
) -> History:
    """Trains the network, and stores it after each epoch.

    Args:
        net: The network.
        data: Images and labels to train with.
        test: Those on which the accuracy is measured.
        epochs: How often all images are used.
        checkpoint: The file for the state of the network and of the optimizer.
        shown: Wraps the loader of an epoch, to show a progress bar.
    """
    loader = DataLoader(data, batch_size=64, shuffle=True)
    optimizer = tf.optim.AdamW(net.parameters(), lr=2e-3)
    scheduler = tf.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, epochs * len(loader))
    history = History()
    for epoch in range(epochs):
        total = 0.0
        net.train()
        for images, labels in shown(loader, epoch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        history.loss.append(total / len(loader))
        history.accuracy.append(accuracy(net, test))
        state = {"network": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
        tf.save(state, checkpoint)
    return history


@tf.no_grad()
def predicted(net: nn.Module, images: Tensor) -> Tensor:
    """The digit in each image."""
    return tf.argmax(net.eval()(images), axis=1)


def accuracy(net: nn.Module, test: TensorDataset) -> float:
    """The share of images whose digit the network tells."""
    images, labels = test.tensors
    return float(tf.mean(tf.astype(predicted(net, images) == labels, tf.float32)))
