"""Paths of the sources and of the built libraries, whose cache key covers all sources and flags.

Separate from build.py, because finding a library needs none of the imports of building one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .digest import blake2b

NAME = "librt_torch.so"
FOLDER = Path(__file__).parents[1]  # shim/, where rt_torch.h is

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


def sources(fastpath: bool) -> list[Path]:
    """The C++ files of the shim, with the fast kernels or without."""
    return [path for path in files("*/*.cpp") if fastpath or path.parent.name != "fastpath"]


def files(*patterns: str) -> list[Path]:
    """The files of shim/ that match any of the patterns, sorted."""
    return sorted(path for pattern in patterns for path in FOLDER.glob(pattern))


def source_digest() -> str:
    """Digest of all sources and flags. Needs no compiler."""
    flags = repr((COMPILE, COMPILE_STUB, LINK, LINK_LIBTORCH)).encode()
    digest = blake2b(flags, digest_size=32)
    # Without glob() and Path: each process that opens LibTorch computes the digest.
    folder = str(FOLDER)
    for name in sorted((*_GENERATORS, *_cpp_files(folder))):
        with open(f"{folder}/{name}", "rb", buffering=0) as file:
            digest.update(f"{name}\0".encode() + file.read() + b"\0")
    return digest.hexdigest()


def _cpp_files(folder: str) -> Iterator[str]:
    """The names of all C++ files and headers in the folder and in its folders."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".h"):
                yield entry.name
            elif entry.is_dir():
                for name in os.listdir(entry.path):
                    if name.endswith((".cpp", ".h")):
                        yield f"{entry.name}/{name}"


def cache() -> Path:
    """This user's cache folder, for libraries and objects built outside an installation."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "torchffi"


def cached_shim(libtorch_version: str, fastpath: bool = True, sources: str = "") -> Path:
    """The library for a LibTorch, built or not, with the fast kernels or without.

    Args:
        libtorch_version: The version of the LibTorch.
        fastpath: Whether it has the fast kernels.
        sources: The digest of the sources, if it is known.
    """
    kind = "" if fastpath else "-nofastpath"
    return cache() / "shim" / f"{libtorch_version}-{_key(sources)}{kind}" / NAME


def cached_stub() -> Path:
    """The stub, built or not."""
    return cache() / "stub" / _key() / NAME


def _key(sources: str = "") -> str:
    return f"{(sources or source_digest())[:16]}-{os.uname().machine}"
