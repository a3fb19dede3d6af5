"""Weights of a safetensors file as tensors over the file's own pages, without a copy."""

from __future__ import annotations

import json
import mmap
import os
from math import prod
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

import torchffi
from torchffi import Tensor

FLOAT32 = np.dtype("<f4")


class ModelError(Exception):
    """The model's files are absent or broken; the text names the file and what is wrong with it."""


class Weights:
    """The tensors of one safetensors file, made as they are asked for.

    What the file promises is checked by the ``safetensors`` library; the values are not read by it,
    for it would copy them. The pages are mapped copy-on-write: LibTorch wants writable memory, and
    only those that a computation touches are ever read from the disk.
    """

    def __init__(self, path: Path) -> None:
        """Maps the file.

        Raises:
            ModelError: If it is absent, truncated, or no safetensors file.
        """
        self.path = path
        try:
            with safe_open(path, framework="numpy"):
                pass  # the header is well-formed, and each tensor lies inside the file
            with open(path, "rb") as file:
                length = int.from_bytes(file.read(8), "little")
                self._entries = json.loads(file.read(length))
                self._start = 8 + length
                self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "no such file"
            raise ModelError(f"{path}: {reason}") from error
        except SafetensorError as error:
            raise ModelError(f"{path}: truncated or no safetensors file ({error})") from error

    def take(self, name: str, *shape: int) -> Tensor:
        """One weight, on the backend that is chosen.

        Args:
            name: As in the file.
            shape: What the caller needs it to be.

        Returns:
            A float32 tensor over the file's pages.

        Raises:
            ModelError: If it is absent, or of another shape or dtype.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise ModelError(f"{self.path}: there is no weight {name}")
        dtype, found = entry["dtype"], tuple(entry["shape"])
        if dtype != "F32" or found != shape:
            raise ModelError(f"{self.path}: {name} is {dtype} {found}, expected F32 {shape}")
        offset = self._start + entry["data_offsets"][0]
        array = np.frombuffer(self._pages, FLOAT32, prod(shape), offset).reshape(shape)
        # A header may be of a length that leaves the values unaligned; then they are copied.
        return torchffi.asarray(array)
