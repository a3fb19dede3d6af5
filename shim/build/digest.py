"""Digests for processes that only load the shim: without hashlib, which opens OpenSSL (4 MB, 3 ms).

``blake2b`` identifies the sources; CPython's own SHA-256 takes three times as long. ``crc32`` finds
damage of a file, and that is all: whoever can write the file can also write the digest next to it.
"""

from __future__ import annotations

from binascii import crc32

try:
    from _blake2 import blake2b
except ImportError:  # not CPython
    from hashlib import blake2b

__all__ = ["blake2b", "crc32"]
