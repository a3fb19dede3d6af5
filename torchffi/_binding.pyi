"""The CFFI module of rt_torch.h, which cdef/ builds."""

from typing import Any

ffi: Any
lib: Any
