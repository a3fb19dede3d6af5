"""Tier 1: LibTorch behind a plain C interface.

rt_torch.h, the C++ sources behind it, and :mod:`shim.build`, which finds a LibTorch and compiles them
against it. In the wheel this package is ``torchffi._shim``; in a checkout torchffi/_shim.py leads to it.
"""
