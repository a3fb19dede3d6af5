"""rt_torch.h -> rt_torch.cdef and the C source of the binding.

Every function here is pure: header in, text out.
"""

from __future__ import annotations

import re

from shim.build.generate import unavailable
from shim.build.header import Header

_FIRST_LINE = re.compile(r"/\* Generated from rt_torch\.h, SHA-256 (?P<digest>[0-9a-f]{64})\. ")
_REASON = "LibTorch is not loaded; python -m torchffi info tells why"
_CUDA_REASON = "LibTorch is not loaded, so there is no CUDA."


def cdef(header: Header) -> str:
    """The text of rt_torch.cdef. Its first line tells the digest of the header."""
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
            "rt_torch.cdef does not begin with its header's digest; write it anew: python -m cdef"
        )
    return match["digest"]


def binding_source(header: Header, cdef_text: str, helpers: str, prelude: str) -> str:
    """The C source that cffi puts before its own.

    The prototypes stand there twice, from the header and from the cdef, because cffi alone would
    compile a wrong cdef without a word.

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

/* The prototypes that cffi works with: where the header says otherwise, this does not compile. */
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
