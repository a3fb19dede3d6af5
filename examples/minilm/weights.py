"""Weights of a safetensors file as tensors over the mapped file, without a copy."""

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
    """The files of the model are missing or damaged; the message names the file and the reason."""


class Weights:
    """The tensors of one safetensors file, created on request.

    The ``safetensors`` library validates the header; it does not read the values, because it would
    copy them. The file is mapped copy-on-write, because LibTorch needs writable memory, and only the
    pages that a computation touches are read from the disk.
    """

    def __init__(self, path: Path) -> None:
        """Maps the file.

        Raises:
            ModelError: If it is missing, not a regular file, truncated, or not a safetensors file.
        """
        self.path = path
        try:
            if path.exists() and not path.is_file():
                kind = "a directory" if path.is_dir() else "not a regular file"
                raise ModelError(f"{path}: {kind}; expected a safetensors file")
            with safe_open(path, framework="numpy"):
                pass  # the header is well-formed, and each tensor lies inside the file
            with open(path, "rb") as file:
                length = int.from_bytes(file.read(8), "little")
                self._entries = json.loads(file.read(length))
                self._entries.pop("__metadata__", None)  # free text, not a weight
                self._start = 8 + length
                self._pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "no such file"
            raise ModelError(f"{path}: {reason}") from error
        except SafetensorError as error:
            raise ModelError(
                f"{path}: truncated or not a safetensors file ({error}); copy or download it again"
            ) from error

    def take(self, name: str, *shape: int) -> Tensor:
        """One weight, on the current backend.

        Args:
            name: Its name in the file.
            shape: The expected shape.

        Returns:
            A float32 tensor over the mapped file.

        Raises:
            ModelError: If it is missing, or has another shape or dtype.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise ModelError(f"{self.path}: no weight {name}")
        dtype, found = entry["dtype"], tuple(entry["shape"])
        if dtype != "F32" or found != shape:
            raise ModelError(f"{self.path}: {name} is {dtype} {found}, expected F32 {shape}")
        offset = self._start + entry["data_offsets"][0]
        array = np.frombuffer(self._pages, FLOAT32, prod(shape), offset).reshape(shape)
        # Copies if the length of the header leaves the values unaligned.
        return torchffi.asarray(array)
