"""The same primitives twice: on LibTorch handles and on NumPy arrays."""
