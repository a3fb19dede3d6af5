"""Generates rt_torch.cdef and the C source of the binding from rt_torch.h.

All functions are pure: from a header to text.
"""

from __future__ import annotations

import re

from shim.build.generate import unavailable
from shim.build.header import Header

_FIRST_LINE = re.compile(r"/\* Generated from rt_torch\.h, SHA-256 (?P<digest>[0-9a-f]{64})\. ")
_REASON = "LibTorch is not loaded; python -m torchffi info reports why"
_CUDA_REASON = "LibTorch is not loaded, so there is no CUDA."


def cdef(header: Header) -> str:
    """The text of rt_torch.cdef. Its first line has the digest of the header."""
    return (
        f"/* Generated from rt_torch.h, SHA-256 {header.digest}. Do not edit: python -m cdef */\n"
        f"{header.text}"
    )


def digest_of(cdef_text: str) -> str:
    """The digest in the first line of rt_torch.cdef.

    Raises:
        ValueError: The first line is not the one that :func:`cdef` writes.
    """
    match = _FIRST_LINE.match(cdef_text)
    if match is None:
        raise ValueError(
            "rt_torch.cdef does not begin with its header's digest; regenerate it: python -m cdef"
        )
    return match["digest"]


def binding_source(header: Header, cdef_text: str, helpers: str, prelude: str) -> str:
    """The C source that cffi puts before its own.

    It has the prototypes twice, from the header and from the cdef, so that the compiler finds
    differences; cffi alone would accept a wrong cdef.

    Args:
        header: The header.
        cdef_text: rt_torch.cdef.
        helpers: binding.h.
        prelude: binding.c.
    """
    names = [function.name for function in header.functions]
    table = " \\\n".join(f"  X({name})" for name in names)
    calls = "\n".join(f"#define {name} (rt_functions()->{name})" for name in names)
    prototypes = "".join(
        f"{line}\n" for line in cdef_text.splitlines() if re.search(r"\brt_torch_\w+\(", line)
    )
    return f"""\
#include "rt_torch.h"

/* The prototypes of the cdef: a compile error if they differ from the header. */
{prototypes}
#include <math.h>
#include <stdio.h>
#define RT_TORCH_HEADER_DIGEST "{digest_of(cdef_text)}"
#define RT_UNAVAILABLE_REASON "{_REASON}"
#define RT_CUDA_REASON "{_CUDA_REASON}"
{unavailable(header, "unavailable_")}
#define RT_FUNCTIONS(X) \\
{table}

{helpers}
{prelude}
{calls}
"""
