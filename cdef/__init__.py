"""Tier 2: rt_torch.h -> cdef -> the CFFI module ``torchffi._binding``.

Part of the checkout and of the sdist, not of the wheel: ``python -m cdef [--check]``.
"""
