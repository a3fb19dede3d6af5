"""The NumPy backend: the primitives of :mod:`torchffi._libtorch` on arrays."""
