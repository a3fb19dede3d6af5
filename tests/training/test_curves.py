"""Training gives PyTorch's losses: the same model, initial values and batches, 200 steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

import torchffi

STEPS = 200
OPTIMIZERS = {
    "SGD": {"lr": 0.01, "momentum": 0.9, "nesterov": True},
    "Adam": {"lr": 1e-3},
    "AdamW": {"lr": 1e-3, "weight_decay": 0.1},
    "RMSprop": {"lr": 3e-4},
    "Adagrad": {"lr": 1e-2},
}


def convolutions(nn: Any) -> Any:
    """A CNN for images of 8 x 8 pixels."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def recurrent(nn: Any) -> Any:
    """An LSTM that reads the rows of an image."""

    class Recurrent(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(8, 24, num_layers=2, batch_first=True)
            self.head = nn.Linear(24, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.lstm(x[:, 0])[0][:, -1])

    return Recurrent()


def encoder(nn: Any) -> Any:
    """A layer of a transformer that reads the rows of an image."""

    class Encoder(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(8, 16)
            self.layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
            self.head = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            found = self.layer(self.embed(x[:, 0]))
            return self.head(found.reshape((found.shape[0], 128)))

    return Encoder()


# These call LibTorch's fused kernels. PyTorch does so only when it is told to, and its own two
# implementations differ by rounding, which 200 steps can amplify: the loss of the convolutions with
# Adam differs by 1e-4 on some CPUs.
FUSED = {"SGD", "Adam", "AdamW", "Adagrad"}


def curve(
    library: Any, model: Any, name: str, arrays: tuple[Any, Any], **options: bool
) -> np.ndarray[Any, Any]:
    """The loss of each step."""
    library.manual_seed(3)
    net = model(library.nn)
    optimizer = getattr(library.optim, name)(net.parameters(), **OPTIMIZERS[name], **options)
    images, labels = map(library.from_numpy, arrays)
    losses = []
    for step in range(STEPS):
        start = step * 32 % 1760
        optimizer.zero_grad()
        found = net(images[start : start + 32])
        loss = library.nn.functional.cross_entropy(found, labels[start : start + 32])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.asarray(losses)


@pytest.fixture(scope="module")
def digits() -> tuple[Any, Any]:
    found = load_digits()
    return (found.images[:, None] / 16).astype("float32"), found.target.astype("int64")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        *((convolutions, name) for name in OPTIMIZERS),
        (recurrent, "Adam"),
        (encoder, "AdamW"),
    ],
)
def test_losses_are_those_of_pytorch(
    ffi_backend: None, torch: Any, digits: tuple[Any, Any], model: Any, name: str
) -> None:
    theirs = curve(torch, model, name, digits, **({"fused": True} if name in FUSED else {}))
    ours = curve(torchffi, model, name, digits)
    assert theirs[-1] < 0.9 * theirs[0]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
