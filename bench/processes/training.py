"""A process that trains networks by torchffi and by PyTorch: ``python -m bench.processes.training``.

A step is the forward pass, the gradients, and Adam with the arguments that each library has by default.
"""

from __future__ import annotations

import warnings
from typing import Any

from bench.processes.side_by_side import Call, check_one_thread, serve_pairs
from examples.digits.network import network

CHECKED = 5  # steps whose losses are compared, before the first measurement


def two_layers(nn: Any) -> Any:
    """A perceptron of width 32."""
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 10))


def encoder(nn: Any) -> Any:
    """Four layers of a transformer, and a classifier of the mean over the positions."""
    layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.0, batch_first=True)
    layers = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    return nn.Sequential(layers, nn.Flatten(), nn.Linear(32 * 64, 10))


# Key -> the network and the shape of a batch.
NETWORKS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "train_mlp": (two_layers, (16, 8)),
    "train_cnn": (network, (64, 1, 8, 8)),
    "train_encoder": (encoder, (8, 32, 64)),
}


def step_of(library: Any, net: Any, batch: Any) -> Call:
    """One step of training on one batch; it returns the loss."""
    optimizer = library.optim.Adam(net.parameters())
    labels = library.arange(batch.shape[0]) % 10
    loss_of = library.nn.CrossEntropyLoss()

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(net(batch), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def steps_of(key: str) -> tuple[Call, Call]:
    """A step of torchffi's and of PyTorch's, from the same weights and on the same batch."""
    import torch

    import torchffi

    build, shape = NETWORKS[key]
    torch.manual_seed(0)
    batch, theirs = torch.randn(shape), build(torch.nn)
    ours = build(torchffi.nn)
    ours.load_state_dict(theirs.state_dict())
    for library in (torchffi, torch):
        library.manual_seed(1)  # for dropout
    return step_of(torchffi, ours, torchffi.from_numpy(batch.numpy())), step_of(
        torch, theirs, batch
    )


def checked(key: str) -> tuple[Call, Call]:
    """The steps of a network, after some whose losses are equal.

    Raises:
        AssertionError: They differ by more than 1e-4, ten times what another order of sums gives.
    """
    import torch

    import torchffi

    ours, theirs = steps_of(key)
    for number in range(CHECKED):
        losses = []
        for library, step in ((torchffi, ours), (torch, theirs)):
            library.manual_seed(number)
            losses.append(step().item())
        assert abs(losses[0] - losses[1]) < 1e-4, f"{key}: loss {losses[0]}, PyTorch's {losses[1]}"
    return ours, theirs


def main() -> None:
    """Answers a key with the seconds of both sides."""
    warnings.simplefilter("ignore")
    import torch  # noqa: F401  (before torchffi)

    check_one_thread()
    serve_pairs({key: checked(key) for key in NETWORKS})


if __name__ == "__main__":
    main()
