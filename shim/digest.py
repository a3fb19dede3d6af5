"""SHA-256, without what a process that only opens a library would pay for it.

hashlib opens OpenSSL's libcrypto, which takes 4 MB.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


def _find() -> Any:
    for module in ("_sha2", "_sha256", "hashlib"):  # CPython's own: from 3.12 on, before, wherever
        try:
            return importlib.import_module(module).sha256
        except (ImportError, AttributeError):
            continue
    raise ImportError("this Python has no SHA-256")


if TYPE_CHECKING:
    from hashlib import sha256 as sha256
else:
    sha256 = _find()
