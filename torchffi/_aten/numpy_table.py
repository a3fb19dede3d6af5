"""The ATen operators that NumPy computes, for layers and for programs of torch.export."""

from __future__ import annotations

from typing import Final

from torchffi._aten import (
    numpy_activations,
    numpy_arrays,
    numpy_classes,
    numpy_convolutions,
    numpy_elementwise,
    numpy_interpolation,
    numpy_layers,
    numpy_losses,
    numpy_normalization,
    numpy_padding,
    numpy_pooling,
    numpy_recurrent,
)

# By ATen's name, and that of the overload unless it is the default one.
TABLE: Final = {
    **numpy_elementwise.TABLE,
    **numpy_arrays.TABLE,
    **numpy_layers.TABLE,
    **numpy_activations.TABLE,
    **numpy_convolutions.TABLE,
    **numpy_pooling.TABLE,
    **numpy_normalization.TABLE,
    **numpy_losses.TABLE,
    **numpy_classes.TABLE,
    **numpy_padding.TABLE,
    **numpy_recurrent.TABLE,
    **numpy_interpolation.TABLE,
}
