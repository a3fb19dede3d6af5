"""Devices by name: ``"cpu"``, ``"cuda:0"``. The C ABI counts them from -1."""

from __future__ import annotations

import re

from torchffi.errors import InvalidArgumentError

_CUDA = re.compile(r"cuda(?::(\d{1,3}))?")


def number(name: str | None) -> int:
    """The C ABI's number for a device: -1 for ``"cpu"`` or None, n for ``"cuda:n"``.

    Raises:
        ValueError: For anything else.
    """
    if name is None or name == "cpu":
        return -1
    match = _CUDA.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise InvalidArgumentError(f"device is {name!r}, expected 'cpu' or 'cuda:0', 'cuda:1', ...")
    return int(match[1] or 0)


def name(number: int) -> str:
    """The name of a device of the C ABI."""
    return "cpu" if number < 0 else f"cuda:{number}"
