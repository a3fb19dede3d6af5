"""Finds a LibTorch and compiles the shim, or the stub, against it. Imports neither NumPy nor torch."""
