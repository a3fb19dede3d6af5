"""Compiles ``librt_torch.so`` against a LibTorch, or the stub without one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import compiler, generate, header, sidecar, trust
from .compiler import CompilerError
from .libtorch import LibTorch
from .paths import (
    COMPILE,
    COMPILE_STUB,
    FOLDER,
    LINK,
    LINK_LIBTORCH,
    NAME,
    cache,
    cached_shim,
    cached_stub,
    fastpath,
    source_digest,
)

_OBJECT_DAYS = 30


def shim(libtorch: LibTorch, output: Path | None = None) -> Path:
    """Compiles the library for a LibTorch, without the fast kernels where ``TORCHFFI_FASTPATH`` is 0.

    Args:
        libtorch: The LibTorch to compile and link against.
        output: The library to write; the one in the cache if None.

    Returns:
        The library, with its sidecar next to it.

    Raises:
        CompilerError: No compiler, no headers, a compiler error, or a TORCHFFI_FASTPATH that
            is neither 0 nor 1.
    """
    fast = with_fastpath()
    if not libtorch.version:
        raise CompilerError(
            f"the LibTorch at {libtorch.root} has no headers (include/torch): "
            "set LIBTORCH to one that has them"
        )
    target = output or Path(cached_shim(libtorch.version, fast))
    command = compiler.command("CXX")
    declared = header.read()
    with _workspace(target) as folder:
        flags = compile_flags(libtorch, folder, fast)
        exports = folder / "exports.cpp"
        exports.write_text(generate.exports_cpp(declared), encoding="utf-8")
        (folder / "exports.map").write_text(generate.version_script(declared), encoding="utf-8")
        inputs = [*sources(fast), exports]
        progress = _progress(len(inputs) + 1)
        # The flags after these name folders, which differ from build to build.
        same = [*command, *flags[: len(COMPILE) + 2], libtorch.version]
        same.append(compiler.run([*command, "--version"]))
        store = _object_store(folder)

        def place(source: Path) -> Path:
            key = _digest(*same, *_files("*.h", "*/*.h"), folder / "exports.h", source)
            return store / f"{source.stem}-{key[:32]}.o"

        def compile_one(source: Path) -> Path:
            target = place(source)
            if target.exists():
                progress(f"{source.name} (unchanged)")
                target.touch()
                return target
            progress(source.name)
            compiled = folder / f"{source.stem}.o"
            compiler.run([*command, *flags, "-c", str(source), "-o", str(compiled)])
            if place(source) != target:  # else it would be stored under the wrong key
                raise CompilerError(
                    f"{source.name} or a header changed during the build; build again"
                )
            _copy(compiled, target)
            return target

        objects = _in_parallel(compile_one, inputs)
        progress(NAME)
        built = folder / NAME
        compiler.run(
            [
                *(*command, *LINK, f"-Wl,--version-script={folder / 'exports.map'}"),
                *("-o", str(built), *map(str, objects)),
                *(f"-L{libtorch.library_dir}", *LINK_LIBTORCH),
            ]
        )
        _publish(built, target, declared.digest, libtorch.version, fast)
    return target


def with_fastpath() -> bool:
    """Whether a build has the fast kernels.

    Raises:
        CompilerError: ``TORCHFFI_FASTPATH`` is neither 0 nor 1.
    """
    try:
        return fastpath() is not False
    except ValueError as error:
        raise CompilerError(str(error)) from None


def sources(fastpath: bool) -> list[Path]:
    """The C++ files of the shim, with the fast kernels or without."""
    return [path for path in _files("*/*.cpp") if fastpath or path.parent.name != "fastpath"]


def _files(*patterns: str) -> list[Path]:
    """The files of shim/ that match any of the patterns, sorted."""
    return sorted(path for pattern in patterns for path in Path(FOLDER).glob(pattern))


def compile_flags(libtorch: LibTorch, folder: Path, fast: bool = True) -> list[str]:
    """Writes exports.h to a folder and returns the flags for the sources, which include it."""
    exports = generate.exports_h(header.read())
    (folder / "exports.h").write_text(exports, encoding="utf-8")
    flags = [
        *COMPILE,
        f"-D_GLIBCXX_USE_CXX11_ABI={_cxx11_abi(libtorch)}",
        f"-DRT_FASTPATH={int(fast)}",
        f"-I{FOLDER}",
        f"-I{folder}",
    ]
    for include in libtorch.include_dirs:
        if include != "/usr/include":  # naming it breaks #include_next
            flags += ["-isystem", include]
    return flags


def stub(output: Path | None = None) -> Path:
    """Compiles the stub, which has every symbol and no LibTorch; otherwise as :func:`shim`."""
    target = output or Path(cached_stub())
    command = compiler.command("CC")
    declared = header.read()
    with _workspace(target) as folder:
        _progress(1)(f"stub {NAME}")
        source, script, built = folder / "stub.c", folder / "exports.map", folder / NAME
        source.write_text(generate.stub_c(declared), encoding="utf-8")
        script.write_text(generate.version_script(declared), encoding="utf-8")
        compiler.run(
            [
                *(*command, *COMPILE_STUB, *LINK, f"-Wl,--version-script={script}"),
                *(f"-I{FOLDER}", "-o", str(built), str(source)),
            ]
        )
        _publish(built, target, declared.digest, "", False)
    return target


def _cxx11_abi(libtorch: LibTorch) -> int:
    """The std::string ABI LibTorch was compiled with: the new one has different mangled names."""
    content = Path(libtorch.library_dir, "libc10.so").read_bytes()
    return int(b"NSt7__cxx1112basic_string" in content)


@contextlib.contextmanager
def _workspace(target: Path) -> Iterator[Path]:
    """A temporary folder, and a lock: a second build waits, then finds all objects compiled."""
    _make_folder(target.parent)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # without a cache there is nothing to lock
            _make_folder(Path(cache()))
            lock = stack.enter_context(Path(cache(), ".lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="torchffi-")))


def _make_folder(folder: Path) -> None:
    """Creates a folder, and its parents, that only this user can write to: see trust.py."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o755, exist_ok=True)


def _publish(
    built: Path, target: Path, header_digest: str, libtorch_version: str, fast: bool
) -> None:
    """Moves a library into place, so that no reader sees a partial file or another build's sidecar."""
    built.chmod(0o755)
    Path(sidecar.path_of(target)).unlink(missing_ok=True)
    _copy(built, target)
    sidecar.write(target, header_digest, source_digest(), libtorch_version, fast)


def _copy(source: Path, target: Path) -> None:
    """Copies atomically, also from another file system."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copy(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _progress(total: int) -> Callable[[str], None]:
    lock = threading.Lock()
    count = 0

    def step(text: str) -> None:
        nonlocal count
        with lock:
            count += 1
            print(f"[{count}/{total}] {text}", file=sys.stderr, flush=True)

    return step


def _in_parallel(function: Callable[[Path], Path], paths: Iterable[Path]) -> list[Path]:
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        try:
            return list(pool.map(function, paths))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _digest(*parts: str | Path) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


def _object_store(fallback: Path) -> Path:
    """The folder of compiled objects, if it is trusted; deletes those unused for a month."""
    folder = Path(cache(), "objects")
    try:
        _make_folder(folder)
        if trust.reason_against(folder):
            return fallback
        for path in folder.iterdir():
            if path.stat().st_mtime < time.time() - _OBJECT_DAYS * 86400:
                path.unlink()
    except OSError:
        return fallback
    return folder
