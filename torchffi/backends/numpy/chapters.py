"""The files that have the primitives on NumPy. They are opened when the first primitive is needed."""

from __future__ import annotations

import torchffi.backends.numpy.creation as creation
import torchffi.backends.numpy.elementwise as elementwise
import torchffi.backends.numpy.fft as fft
import torchffi.backends.numpy.indexing as indexing
import torchffi.backends.numpy.layers as layers
import torchffi.backends.numpy.linalg as linalg
import torchffi.backends.numpy.reductions as reductions
import torchffi.backends.numpy.shapes as shapes
import torchffi.backends.numpy.sorting as sorting
import torchffi.backends.numpy.storage as storage

CHAPTERS = (
    creation, elementwise, fft, indexing, layers, linalg, reductions, shapes, sorting, storage,
)  # fmt: skip
