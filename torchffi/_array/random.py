"""Random numbers. A seed gives the same numbers on one backend, but others on the other backend."""

from __future__ import annotations

import operator

from torchffi import _devices, dtypes
from torchffi._array.creation import Shape
from torchffi._core.argument_kinds import INTEGERS
from torchffi._core.arguments import new_shape
from torchffi._core.dispatch import create
from torchffi._core.fast_path import creation
from torchffi._core.tensor import Tensor
from torchffi._libtorch import loader
from torchffi._libtorch import primitives as on_ffi
from torchffi._numpy import generator
from torchffi.dtypes import INEXACT, DType


def manual_seed(seed: int) -> None:
    """Seeds the generators of both backends.

    Args:
        seed: Any integer; its lowest 64 bits are the seed.

    Source: at::manual_seed.
    """
    number = operator.index(seed) % 2**64
    generator.seed(number)
    if loader.load().available:
        on_ffi.seed(number - 2**64 if number >= 2**63 else number)


@creation("rand", INEXACT, dtypes.default_float, shape=INTEGERS)
def rand(shape: Shape, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """Random numbers, uniform in [0, 1).

    Args:
        shape: An integer, or a sequence of them.
        dtype: A floating-point or complex dtype, float32 if None.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Raises:
        TypeError: For another dtype.

    Source: aten::rand.
    """
    dtype = dtypes.given("rand", dtype, dtypes.default_float)
    dtypes.check("rand", dtype, INEXACT)
    return create("rand", dtype, new_shape("rand", shape), dtype, _devices.number(device))


@creation("randn", INEXACT, dtypes.default_float, shape=INTEGERS)
def randn(shape: Shape, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """Random numbers of the standard normal distribution. Arguments and errors: as for :func:`rand`.

    Source: aten::randn.
    """
    dtype = dtypes.given("randn", dtype, dtypes.default_float)
    dtypes.check("randn", dtype, INEXACT)
    return create("randn", dtype, new_shape("randn", shape), dtype, _devices.number(device))
