"""SHA-256 for processes that only load the shim: without hashlib, which opens OpenSSL (4 MB, 3 ms)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


def _find() -> Any:
    for module in ("_sha2", "_sha256", "hashlib"):  # CPython 3.12, older CPython, others
        try:
            return importlib.import_module(module).sha256
        except (ImportError, AttributeError):
            continue
    raise ImportError("this Python has no SHA-256")


if TYPE_CHECKING:
    from hashlib import sha256 as sha256
else:
    sha256 = _find()
