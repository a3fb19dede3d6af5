"""Finds a LibTorch without importing torch."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator

from .paths import absolute, is_file, is_folder

INSTALL = "pip install torch==2.13.0"
# Opened in this order, before the shim: its needed libraries then resolve to them.
LIBRARIES = ("libc10.so", "libtorch_cpu.so")
CUDA_LIBRARY = "libtorch_cuda.so"

_VERSION_HEADERS = ("torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h")
_VERSION_MACROS = tuple(f"TORCH_VERSION_{part}" for part in ("MAJOR", "MINOR", "PATCH"))


class LibTorch:
    """A LibTorch on disk.

    Attributes:
        root: Its folder, such as ``site-packages/torch``.
        library_dir: The folder of ``libtorch_cpu.so``.
        include_dirs: The include folders for a compiler; empty if there are no headers.
        version: The version in its headers, such as ``"2.13.0"``; ``""`` without headers.
        source: How it was found.
    """

    def __init__(
        self, root: str, library_dir: str, include_dirs: tuple[str, ...], version: str, source: str
    ) -> None:
        self.root = root
        self.library_dir = library_dir
        self.include_dirs = include_dirs
        self.version = version
        self.source = source


class Search:
    """The result of :func:`find`.

    Attributes:
        libtorch: The LibTorch; None if none was found.
        reason: Why none was found.
        probes: Every path that was tried, with the result.
    """

    def __init__(
        self, libtorch: LibTorch | None, reason: str, probes: list[tuple[str, str]]
    ) -> None:
        self.libtorch = libtorch
        self.reason = reason
        self.probes = probes


def find() -> Search:
    """Searches for a LibTorch: ``LIBTORCH``, an imported torch, this Python's packages, the system.

    Returns:
        The first one found, with every path that was tried. If ``LIBTORCH`` is set, only that is tried.
    """
    probes: list[tuple[str, str]] = []
    given = os.environ.get("LIBTORCH", "")
    places = [(given, "LIBTORCH")] if given else _places()
    seen: set[str] = set()
    for path, source in places:
        root = absolute(path)
        if root in seen:
            continue
        seen.add(root)
        found, outcome = _inspect(root, source)
        probes.append((root, f"{source}: {outcome}"))
        if found is not None:
            return Search(found, "", probes)
    if given:
        reason = (
            f"LIBTORCH={given} is not a LibTorch ({probes[0][1].removeprefix('LIBTORCH: ')}). "
            "Set it to an unpacked libtorch or to the torch folder of a pip install, or unset it."
        )
    else:
        reason = f"No LibTorch was found. Install one ({INSTALL}) or set LIBTORCH to its folder."
    return Search(None, reason, probes)


def loaded(name: str = "libtorch_cpu.so") -> str | None:
    """The path of a library that this process has already loaded."""
    try:
        with open("/proc/self/maps", "rb") as file:
            maps = file.read()
    except OSError:
        return None
    if os.fsencode(f"/{name}") not in maps:
        return None
    for line in os.fsdecode(maps).splitlines():
        _, slash, path = line.partition("/")
        path = path.removesuffix(" (deleted)")
        if slash and path.endswith(f"/{name}"):
            return f"/{path}"
    return None


def version_from_headers(include_dirs: tuple[str, ...]) -> str:
    """The version from the version macros, such as ``"2.13.0"``; ``""`` without headers."""
    for folder in include_dirs:
        for name in _VERSION_HEADERS:
            try:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
            except OSError:
                continue
            lines = (line.split() for line in text.splitlines() if line.startswith("#define"))
            macros = {words[1]: words[2] for words in lines if len(words) > 2}
            parts = [macros.get(name, "") for name in _VERSION_MACROS]
            if all(part.isdecimal() for part in parts):
                return ".".join(parts)
    return ""


def _places() -> Iterator[tuple[str, str]]:
    imported = getattr(sys.modules.get("torch"), "__file__", None)
    if imported:
        yield os.path.dirname(imported), "the imported torch"
    for scheme in ("purelib", "platlib"):
        yield os.path.join(_packages(scheme), "torch"), "the packages of this Python"
    import importlib.util  # most processes need only the above

    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        spec = None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield folder, "the module path"
    for folder in ("/usr/local/libtorch", "/opt/libtorch", "/usr/local", "/usr"):
        yield folder, "the system"


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


def _library_dirs(root: str) -> Iterator[str]:
    yield f"{root}/lib"
    yield f"{root}/lib64"
    yield f"{root}/lib/{sysconfig.get_config_var('MULTIARCH') or ''}"


def _inspect(root: str, source: str) -> tuple[LibTorch | None, str]:
    if not is_folder(root):
        return None, "no such folder"
    for library_dir in _library_dirs(root):
        missing = [name for name in LIBRARIES if not is_file(f"{library_dir}/{name}")]
        if not missing:
            break
    else:
        return None, f"no lib/{LIBRARIES[-1]}"
    include_dirs = tuple(
        folder
        for folder in (f"{root}/include", f"{root}/include/torch/csrc/api/include")
        if is_folder(f"{folder}/torch")
    )
    version = version_from_headers(include_dirs)
    outcome = f"LibTorch {version}" if version else "LibTorch without headers"
    return LibTorch(root, library_dir, include_dirs, version, source), outcome
