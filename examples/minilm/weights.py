"""The weights of the encoder, from a model file of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torchffi
from torchffi import Tensor, TorchError, nn
from torchffi.serialization import file_kind

Weights = Mapping[str, Tensor]
# A weight that every BERT model has; what precedes it is the name of the model in a larger one.
FIRST = "embeddings.word_embeddings.weight"
# Programs and modules are not run here; they only give their weights.
READERS: dict[str, Callable[[Path], Weights]] = {
    "safetensors": torchffi.load_safetensors,
    "safetensors index": torchffi.load_safetensors,
    "torch.save": torchffi.load,
    "torch.export": lambda path: torchffi.export.load(path).state_dict(),
    "TorchScript": lambda path: torchffi.jit.load(path).state_dict(),
}


class ModelError(Exception):
    """The files of the model are missing or damaged; the message names the file and the reason."""


def read(path: Path) -> Weights:
    """The weights of a BERT model by name, over the mapped file.

    Args:
        path: A file of safetensors, ``torch.save`` (a state dict), ``torch.export`` or TorchScript. The
            model may be a part of a larger one.

    Raises:
        ModelError: It is absent, damaged, of another kind, or holds something else than weights.
    """
    try:
        kind = file_kind(path)
        if kind not in READERS:
            raise ModelError(f"{path}: {kind}, expected one of {', '.join(READERS)}")
        found = READERS[kind](path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    except TorchError as error:
        reason = str(error).removeprefix(f"{path}: ")
        raise ModelError(f"{path}: {reason}; copy or download it again") from error
    if not isinstance(found, Mapping):
        raise ModelError(f"{path}: holds a {type(found).__name__}, expected weights by name")
    prefix = next((n.removesuffix(FIRST) for n in found if str(n).endswith(FIRST)), "")
    return {str(name).removeprefix(prefix): tensor for name, tensor in found.items()}


def load(module: nn.Module, weights: Weights) -> None:
    """Gives a module its weights, without a copy. Others may be there: of a pooling layer, of a head.

    Raises:
        ModelError: If one is missing, or has another shape or dtype.
    """
    state = module.state_dict()
    module.load_state_dict(
        {name: _taken(weights, name, own) for name, own in state.items()}, assign=True
    )


def _taken(weights: Weights, name: str, own: Tensor) -> Tensor:
    try:
        found = weights[name]
    except KeyError:
        raise ModelError(f"no weight {name}") from None
    if not isinstance(found, Tensor):
        raise ModelError(f"{name} is of the type {type(found).__name__}, expected a tensor")
    if (found.dtype, found.shape) != (own.dtype, own.shape):
        raise ModelError(f"{name} is {found.dtype} {found.shape}, expected {own.dtype} {own.shape}")
    return found
