"""Writes safetensors files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi._files import memory
from torchffi._files.atomic import replacing
from torchffi._files.mapped import Path
from torchffi._files.safetensors import header as format_
from torchffi._files.text import shown
from torchffi._lazy_numpy import np
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError


def save(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None) -> None:
    """See :func:`torchffi.serialization.save_safetensors`."""
    if sys.byteorder != "little":
        raise NotSupportedError("save_safetensors: a big-endian machine is not supported")
    if not isinstance(tensors, Mapping):
        raise DTypeError(
            f"save_safetensors: got a {type(tensors).__name__}, expected a dict of tensors by name; the "
            "arguments are (tensors, path)"
        )
    for name, tensor in tensors.items():
        _check(name, tensor)
    if metadata is not None:
        for key, value in metadata.items():
            _check_text("metadata", key)
            _check_text("metadata", value)
    # The largest elements first, so that all are aligned.
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    entries = {
        name: (
            format_.NAMES[tensors[name].dtype.name],
            tensors[name].shape,
            tensors[name].nbytes,
        )
        for name in order
    }
    text = format_.build(entries, None if metadata is None else dict(metadata))
    if len(text) - 8 > format_.MAX_HEADER:
        raise InvalidArgumentError(
            f"save_safetensors: the names need {len(text)} bytes, more than the format's limit"
        )
    with replacing(path) as file:
        file.write(text)
        for name in order:
            file.write(_in_c_order(tensors[name]))


def _in_c_order(tensor: Tensor) -> memoryview[Any]:
    array = np.ascontiguousarray(memory.HostArrays().array(tensor))
    return array.reshape(-1).view(np.uint8).data


def _check(name: object, tensor: object) -> None:
    _check_text("name", name)
    if name == format_.METADATA:
        raise InvalidArgumentError(f"save_safetensors: a tensor cannot be named {name!r}")
    if not isinstance(tensor, Tensor):
        raise DTypeError(
            f"save_safetensors: {shown(name)} is a {type(tensor).__name__}, expected a Tensor"
        )
    if tensor.dtype.name not in format_.NAMES:
        raise NotSupportedError(
            f"save_safetensors: {shown(name)}: the format has no {tensor.dtype}; use torchffi.save()"
        )


def _check_text(what: str, text: object) -> None:
    if not isinstance(text, str):
        raise DTypeError(f"save_safetensors: {what}: {text!r:.60} is not a str")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(
            f"save_safetensors: {what}: {text!r:.60} is not UTF-8 text"
        ) from None
