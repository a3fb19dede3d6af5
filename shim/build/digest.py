"""Digests for processes that only load the shim: without hashlib, which opens OpenSSL (4 MB, 3 ms).

``blake2b`` identifies the sources; CPython's own SHA-256 takes three times as long. ``crc32`` finds
damage of a file, and that is all: whoever can write the file can also write the digest next to it.
"""

from __future__ import annotations

import importlib
from binascii import crc32 as crc32
from typing import TYPE_CHECKING, Any


def _find() -> Any:
    try:
        return importlib.import_module("_blake2").blake2b
    except ImportError:  # not CPython
        return importlib.import_module("hashlib").blake2b


if TYPE_CHECKING:
    from hashlib import blake2b as blake2b
else:
    blake2b = _find()
