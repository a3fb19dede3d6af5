"""Names of the original three-tier interface, kept in addition to those of the Array API standard."""

from __future__ import annotations

from torchffi._array import creation, random
from torchffi._array.creation import Shape
from torchffi._core.tensor import Tensor
from torchffi._libtorch import loader
from torchffi._libtorch.loader import lib
from torchffi.errors import DTypeError


def torch_available() -> bool:
    """Whether LibTorch can be used."""
    return loader.load().available


def torch_version() -> str:
    """LibTorch's version, such as ``"2.13.0"``; ``""`` if it cannot be used."""
    return loader.load().libtorch_version if torch_available() else ""


def torch_cuda_available() -> bool:
    """Whether a CUDA device can be used."""
    return torch_available() and bool(lib.rt_torch_cuda_available())


def torch_zeros(dims: Shape) -> Tensor:
    """A float32 tensor of zeros."""
    return creation.zeros(dims)


def torch_ones(dims: Shape) -> Tensor:
    """A float32 tensor of ones."""
    return creation.ones(dims)


def torch_randn(dims: Shape) -> Tensor:
    """A float32 tensor of random numbers of the standard normal distribution."""
    return random.randn(dims)


def tensor_free(tensor: Tensor, /) -> None:
    """Frees a tensor now. Its views and exported arrays stay valid.

    Raises:
        HandleError: If it has been freed already.
    """
    if not isinstance(tensor, Tensor):
        raise DTypeError(f"tensor_free: expected a Tensor, got {type(tensor).__name__}")
    tensor._free()
