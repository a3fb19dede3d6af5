"""The array that the indexing tests read and write, and keys with tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

import torchffi as t

X = np.arange(60, dtype="int64").reshape(3, 4, 5)
MASK = X % 3 == 0


def with_tensors(key: Any) -> Any:
    """The key with each NumPy array replaced by a tensor."""
    if isinstance(key, tuple):
        return tuple(with_tensors(one) for one in key)
    return t.asarray(key.copy()) if isinstance(key, np.ndarray) else key
