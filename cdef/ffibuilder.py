"""Builds ``torchffi._binding``: setup.py passes :func:`ffibuilder` to cffi."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import cffi

from cdef import generate
from shim.build import header

FOLDER = Path("cdef")
CDEF = FOLDER / "rt_torch.cdef"

# The stable ABI of the oldest supported Python; free-threaded Python does not have one.
_FREE_THREADED = sysconfig.get_config_var("Py_GIL_DISABLED")
_STABLE = [] if _FREE_THREADED else [("Py_LIMITED_API", "0x030A0000")]

# setuptools needs paths relative to setup.py; `depends` also adds these files to the sdist.
_DEPENDS = [
    str(path)
    for folder, pattern in (
        (FOLDER, "*.[ch]"),
        (FOLDER, "*.cdef"),
        (FOLDER, "*.py"),
        (Path("shim"), "rt_torch.h"),
    )
    for path in sorted(folder.glob(pattern))
]


# Functions in Python; see torchffi/_autograd/callbacks.py.
_CALLBACKS = """
extern "Python" {
int32_t torchffi_python_hook(void *callable, int64_t *handles);
int32_t torchffi_python_backward(void *callable, const int64_t *gradients, int64_t results,
                                 const int64_t *saved, int64_t saved_count, int64_t *found,
                                 int64_t count);
}
"""


def ffibuilder(include: str = "shim") -> cffi.FFI:
    """The binding, to be compiled by setuptools. The working directory must be the project's root.

    Args:
        include: The include folder for the compiler, with rt_torch.h.

    Raises:
        ValueError: rt_torch.cdef was generated from another rt_torch.h.
    """
    declared = header.read()
    text = CDEF.read_text(encoding="utf-8")
    if generate.digest_of(text) != declared.digest:
        raise ValueError(
            f"{CDEF} was generated from another rt_torch.h; regenerate it: python -m cdef"
        )
    return build(declared, text, include)


def build(declared: header.Header, cdef_text: str, include: str) -> cffi.FFI:
    """The binding for a header and a cdef, without checking that they match."""
    helpers, prelude = (
        (FOLDER / name).read_text(encoding="utf-8") for name in ("binding.h", "binding.c")
    )
    builder = cffi.FFI()
    builder.cdef(cdef_text)
    builder.cdef(helpers)
    builder.cdef(_CALLBACKS)
    builder.set_source(
        "torchffi._binding",
        generate.binding_source(declared, cdef_text, helpers, prelude),
        include_dirs=[include],
        libraries=["dl", "pthread"],
        extra_compile_args=["-std=gnu11", "-fvisibility=hidden", "-Wall", "-Wextra"],
        define_macros=_STABLE,
        depends=_DEPENDS,
        py_limited_api=True,
    )
    return builder
