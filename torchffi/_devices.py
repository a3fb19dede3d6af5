"""Device names, ``"cpu"`` and ``"cuda:0"``, and their numbers in the C ABI, -1 and 0."""

from __future__ import annotations

from torchffi.errors import InvalidArgumentError


def number(name: str | None) -> int:
    """The number of a device in the C ABI: -1 for ``"cpu"`` or None, n for ``"cuda:n"``.

    Raises:
        ValueError: For anything else.
    """
    if name is None or name == "cpu":
        return -1
    kind, colon, digits = name.partition(":") if isinstance(name, str) else ("", "", "")
    if kind != "cuda" or (colon and not (digits.isdecimal() and len(digits) <= 3)):
        raise InvalidArgumentError(f"device is {name!r}, expected 'cpu' or 'cuda:0', 'cuda:1', ...")
    return int(digits or 0)


def name(number: int) -> str:
    """The name of the device with this number in the C ABI."""
    return "cpu" if number < 0 else f"cuda:{number}"
