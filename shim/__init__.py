"""Tier 1: LibTorch behind a plain C interface.

The C++ sources, and the Python that finds a LibTorch and compiles them against it. In the wheel
this package is ``torchffi._shim``.
"""
