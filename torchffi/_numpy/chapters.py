"""The modules with the primitives on NumPy. They are imported when the first primitive is needed."""

from __future__ import annotations

from torchffi._numpy import (
    creation,
    elementwise,
    fft,
    indexing,
    layers,
    linalg,
    moments,
    reductions,
    shapes,
    sorting,
    storage,
)

CHAPTERS = (
    creation, elementwise, fft, indexing, layers, linalg, moments, reductions, shapes, sorting, storage,
)  # fmt: skip
