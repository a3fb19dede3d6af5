"""Names from files, for messages and tables: they may be long, or have control characters."""

from __future__ import annotations

_LONGEST = 120


def shown(name: object) -> str:
    """A name in quotes; of another value only the type, because its text may be endless."""
    text = repr(name) if isinstance(name, (str, bytes, int, float)) else type(name).__name__
    return text if len(text) <= _LONGEST else f"{text[:100]}...{text[-10:]}"


def plain(name: object) -> str:
    """A name without quotes, if it is text that can be printed and is not too long."""
    if isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST:
        return name
    return shown(name)
