"""Finds a LibTorch without importing torch."""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

INSTALL = "pip install torch==2.13.0"
# Opened in this order, before the shim: its needed libraries then resolve to them.
LIBRARIES = ("libc10.so", "libtorch_cpu.so")
CUDA_LIBRARY = "libtorch_cuda.so"

_VERSION_HEADERS = ("torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h")
_VERSION_MACROS = tuple(f"TORCH_VERSION_{part}" for part in ("MAJOR", "MINOR", "PATCH"))


class Probe(NamedTuple):
    """A path that was tried, and the result."""

    path: str
    outcome: str


class LibTorch(NamedTuple):
    """A LibTorch on disk.

    Attributes:
        root: Its folder, such as ``site-packages/torch``.
        library_dir: The folder of ``libtorch_cpu.so``.
        include_dirs: The include folders for a compiler; empty if there are no headers.
        version: The version in its headers, such as ``"2.13.0"``; ``""`` without headers.
        source: How it was found.
    """

    root: Path
    library_dir: Path
    include_dirs: tuple[Path, ...]
    version: str
    source: str


class Search(NamedTuple):
    """The result of :func:`find`: ``libtorch``, or the ``reason`` why none was found."""

    libtorch: LibTorch | None
    reason: str
    probes: tuple[Probe, ...]


def find() -> Search:
    """Searches for a LibTorch: ``LIBTORCH``, an imported torch, this Python's packages, the system.

    Returns:
        The first one found, with every path that was tried. If ``LIBTORCH`` is set, only that is tried.
    """
    probes: list[Probe] = []
    given = os.environ.get("LIBTORCH", "")
    places = [(Path(given).absolute(), "LIBTORCH")] if given else _places()
    seen: set[Path] = set()
    for root, source in places:
        if root in seen:
            continue
        seen.add(root)
        found, outcome = _inspect(root, source)
        probes.append(Probe(str(root), f"{source}: {outcome}"))
        if found is not None:
            return Search(found, "", tuple(probes))
    if given:
        reason = (
            f"LIBTORCH={given} is not a LibTorch ({probes[0].outcome.removeprefix('LIBTORCH: ')}). "
            "Set it to an unpacked libtorch or to the torch folder of a pip install, or unset it."
        )
    else:
        reason = f"No LibTorch was found. Install one ({INSTALL}) or set LIBTORCH to its folder."
    return Search(None, reason, tuple(probes))


def loaded(name: str = "libtorch_cpu.so") -> Path | None:
    """The path of a library that this process has already loaded."""
    try:
        maps = Path("/proc/self/maps").read_bytes()
    except OSError:
        return None
    if os.fsencode(f"/{name}") not in maps:
        return None
    for line in os.fsdecode(maps).splitlines():
        _, slash, path = line.partition("/")
        path = path.removesuffix(" (deleted)")
        if slash and path.endswith(f"/{name}"):
            return Path(f"/{path}")
    return None


def version_from_headers(include_dirs: tuple[Path, ...]) -> str:
    """The version from the version macros, such as ``"2.13.0"``; ``""`` without headers."""
    for folder in include_dirs:
        for name in _VERSION_HEADERS:
            try:
                text = (folder / name).read_text(encoding="utf-8")
            except OSError:
                continue
            lines = (line.split() for line in text.splitlines() if line.startswith("#define"))
            macros = {words[1]: words[2] for words in lines if len(words) > 2}
            parts = [macros.get(name, "") for name in _VERSION_MACROS]
            if all(part.isdecimal() for part in parts):
                return ".".join(parts)
    return ""


def _places() -> Iterator[tuple[Path, str]]:
    imported = getattr(sys.modules.get("torch"), "__file__", None)
    if imported:
        yield Path(imported).parent, "the imported torch"
    for scheme in ("purelib", "platlib"):
        yield Path(_packages(scheme), "torch"), "the packages of this Python"
    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        spec = None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(folder).absolute(), "the module path"
    for folder in ("/usr/local/libtorch", "/opt/libtorch", "/usr/local", "/usr"):
        yield Path(folder), "the system"


def _packages(scheme: str) -> str:
    """The folder of this Python's packages, without sysconfig's variables where it needs only these."""
    template = sysconfig.get_path(scheme, expand=False)
    try:
        return template.format(
            base=os.path.normpath(sys.prefix),
            platbase=os.path.normpath(sys.exec_prefix),
            platlibdir=sys.platlibdir,
            py_version_short=f"{sys.version_info.major}.{sys.version_info.minor}",
        )
    except KeyError:  # needs another one
        return sysconfig.get_path(scheme)


def _library_dirs(root: Path) -> Iterator[Path]:
    yield root / "lib"
    yield root / "lib64"
    yield root / "lib" / (sysconfig.get_config_var("MULTIARCH") or "")


def _inspect(root: Path, source: str) -> tuple[LibTorch | None, str]:
    if not root.is_dir():
        return None, "no such folder"
    for library_dir in _library_dirs(root):
        missing = [name for name in LIBRARIES if not (library_dir / name).is_file()]
        if not missing:
            break
    else:
        return None, f"no lib/{LIBRARIES[-1]}"
    include = root / "include"
    include_dirs = tuple(
        folder
        for folder in (include, include / "torch/csrc/api/include")
        if (folder / "torch").is_dir()
    )
    version = version_from_headers(include_dirs)
    outcome = f"LibTorch {version}" if version else "LibTorch without headers"
    return LibTorch(root, library_dir, include_dirs, version, source), outcome
