"""Device names, ``"cpu"`` and ``"cuda:0"``, and their numbers in the C ABI, -1 and 0."""

from __future__ import annotations

import re

from torchffi.errors import InvalidArgumentError

_CUDA = re.compile(r"cuda(?::(\d{1,3}))?")


def number(name: str | None) -> int:
    """The number of a device in the C ABI: -1 for ``"cpu"`` or None, n for ``"cuda:n"``.

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
    """The name of the device with this number in the C ABI."""
    return "cpu" if number < 0 else f"cuda:{number}"
