"""Integers that no type in C can hold are refused with an error of torchffi, on both backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import torchffi as t
from torchffi.errors import TorchError

HUGE = 2**70
CALLS: dict[str, Callable[[t.Tensor, int], Any]] = {
    "reshape": lambda x, n: t.reshape(x, (n,)),
    "view": lambda x, n: x.view(n),
    "broadcast_to": lambda x, n: t.broadcast_to(x, (n, 2, 3)),
    "expand": lambda x, n: x.expand(n, 2, 3),
    "zeros": lambda _, n: t.zeros((n,)),
    "new_zeros": lambda x, n: x.new_zeros((n,)),
    "eye": lambda _, n: t.eye(n),
    "arange": lambda _, n: t.arange(n),
    "linspace": lambda _, n: t.linspace(0, 1, n),
    "full": lambda _, n: t.full((2,), n),
    "asarray": lambda _, n: t.asarray([n]),
    "tile": lambda x, n: t.tile(x, (n,)),
    "repeat": lambda x, n: t.repeat(x, n),
    "expand_dims": lambda x, n: t.expand_dims(x, axis=n),
    "squeeze": lambda x, n: t.squeeze(x, axis=n),
    "sum": lambda x, n: t.sum(x, axis=n),
    "sum of axes": lambda x, n: t.sum(x, axis=(n,)),
    "sort": lambda x, n: t.sort(x, axis=n),
    "concat": lambda x, n: t.concat([x, x], axis=n),
    "fft": lambda x, n: t.fft.fft(x, n=n),
    "fftn": lambda x, n: t.fft.fftn(x, s=(n,)),
    "irfft": lambda x, n: t.fft.irfft(x, n=n),
    "index": lambda x, n: x[n],
    "index of an axis": lambda x, n: x[..., n],
    "assignment": lambda x, n: x.__setitem__(n, 1.0),
    "narrow": lambda x, n: x.narrow(0, n, 1),
    "operator": lambda x, n: t.ops.aten.sum.dim_IntList(x, [n]),
    "threads": lambda _, n: t.set_num_threads(n),
}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", CALLS)
def test_an_integer_beyond_64_bits_is_refused(name: str, sign: int, backend: str) -> None:
    if name == "threads" and backend != "ffi":
        pytest.skip("NumPy's threads are set by its BLAS library")
    if name == "arange" and sign < 0:
        assert t.arange(-HUGE).shape == (0,)
        return
    x = t.ones((2, 3))
    with pytest.raises(TorchError):
        CALLS[name](x, sign * HUGE)
