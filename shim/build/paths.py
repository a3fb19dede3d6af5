"""Paths of the sources and of the built libraries, whose cache key covers all sources and flags.

Separate from build.py, because finding a library needs none of the imports of building one. Paths are
strings in all that finds a library: importing pathlib takes longer than all the rest of the search.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from .digest import blake2b

NAME = "librt_torch.so"
FOLDER = os.path.dirname(os.path.dirname(__file__))  # shim/, where rt_torch.h is

COMPILE = ("-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra")
COMPILE_STUB = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O2", "-fPIC")
LINK = ("-shared", "-Wl,-z,defs,-z,now", f"-Wl,-soname,{NAME}")
LINK_LIBTORCH = ("-ltorch_cpu", "-lc10")

_GENERATORS = ("build/generate.py", "build/header.py")


def fastpath() -> bool | None:
    """The choice of ``TORCHFFI_FASTPATH``: with the fast kernels, without, or None (unset, either).

    Raises:
        ValueError: It is neither 0 nor 1.
    """
    given = os.environ.get("TORCHFFI_FASTPATH", "")
    if given not in ("", "0", "1"):
        raise ValueError(f"TORCHFFI_FASTPATH is {given!r}, expected 0 or 1")
    return given == "1" if given else None


def source_digest() -> str:
    """Digest of all sources and flags. Needs no compiler."""
    flags = repr((COMPILE, COMPILE_STUB, LINK, LINK_LIBTORCH)).encode()
    digest = blake2b(flags, digest_size=32)
    for name in sorted((*_GENERATORS, *_cpp_files())):
        with open(f"{FOLDER}/{name}", "rb", buffering=0) as file:
            digest.update(f"{name}\0".encode() + file.read() + b"\0")
    return digest.hexdigest()


def _cpp_files() -> Iterator[str]:
    """The names of all C++ files and headers in shim/ and in its folders."""
    with os.scandir(FOLDER) as entries:
        for entry in entries:
            if entry.name.endswith(".h"):
                yield entry.name
            elif entry.is_dir():
                for name in os.listdir(entry.path):
                    if name.endswith((".cpp", ".h")):
                        yield f"{entry.name}/{name}"


def cache() -> str:
    """This user's cache folder, for libraries and objects built outside an installation."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(_home(), ".cache")
    return os.path.join(base, "torchffi")


def _home() -> str:
    found = os.path.expanduser("~")
    if found == "~":
        raise RuntimeError("the home folder of this user is unknown: set HOME or XDG_CACHE_HOME")
    return found


def cached_shim(libtorch_version: str, fastpath: bool = True, sources: str = "") -> str:
    """The library for a LibTorch, built or not, with the fast kernels or without.

    Args:
        libtorch_version: The version of the LibTorch.
        fastpath: Whether it has the fast kernels.
        sources: The digest of the sources, if it is known.
    """
    kind = "" if fastpath else "-nofastpath"
    return os.path.join(cache(), "shim", f"{libtorch_version}-{_key(sources)}{kind}", NAME)


def cached_stub() -> str:
    """The stub, built or not."""
    return os.path.join(cache(), "stub", _key(), NAME)


def _key(sources: str = "") -> str:
    return f"{(sources or source_digest())[:16]}-{os.uname().machine}"


# ---- What pathlib does and os.path does not


def absolute(path: str) -> str:
    """The absolute path. ``..`` stays: after a link it does not lead back."""
    return "/" + "/".join(names(path if os.path.isabs(path) else os.path.join(os.getcwd(), path)))


def names(path: str) -> list[str]:
    """The names that a path consists of."""
    return [name for name in path.split("/") if name not in ("", ".")]


def is_file(path: str) -> bool:
    """Whether a path leads to a regular file. Errors are those of :func:`mode`."""
    return stat.S_ISREG(mode(path))


def is_folder(path: str) -> bool:
    """Whether a path leads to a folder. Errors are those of :func:`mode`."""
    return stat.S_ISDIR(mode(path))


def mode(path: str) -> int:
    """The type and the permissions of what a path leads to; 0 if there is nothing.

    Raises:
        OSError: It cannot be looked at, for instance because of the permissions of a folder.
    """
    try:
        return os.stat(path).st_mode
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return 0
        raise
