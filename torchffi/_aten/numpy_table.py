"""The ATen operators that NumPy computes, for layers and for programs of torch.export."""

from __future__ import annotations

from typing import Final

from torchffi._aten import numpy_arrays, numpy_elementwise, numpy_layers

# By ATen's name, and that of the overload unless it is the default one.
TABLE: Final = {**numpy_elementwise.TABLE, **numpy_arrays.TABLE, **numpy_layers.TABLE}
