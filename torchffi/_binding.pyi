"""What cdef/ builds: the CFFI module of rt_torch.h."""

from typing import Any

ffi: Any
lib: Any
