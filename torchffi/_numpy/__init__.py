"""NumPy as a backend: the primitives of :mod:`torchffi._libtorch` on arrays."""
