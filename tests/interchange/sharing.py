"""Shared memory: addresses, an old DLPack producer, and tensors made from handles."""

from __future__ import annotations

from typing import Any

import torchffi as t
from torchffi._core import lifetimes


def address(x: t.Tensor) -> int:
    return int(x.numpy().ctypes.data)


class Old:
    """A producer that knows only some of the keywords, as in older versions of DLPack."""

    def __init__(self, values: Any, *known: str) -> None:
        self.values = values
        self.known = known

    def __dlpack__(self, **keywords: Any) -> Any:
        if unknown := keywords.keys() - self.known:
            raise TypeError(f"unexpected keyword argument {unknown}")
        return self.values.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self.values.__dlpack_device__()
        return device


def on_ffi_tensor(handle: int) -> t.Tensor:
    tensor: t.Tensor = lifetimes.own(handle, None)
    return tensor
