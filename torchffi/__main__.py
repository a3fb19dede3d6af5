"""``python -m torchffi``: reports what is in use, builds the shim, prints flags for C programs."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import torchffi
from torchffi import _inspect
from torchffi._diagnosis import diagnose
from torchffi._libtorch import loader
from torchffi._libtorch.shim_package import build, compiler, libtorch, paths
from torchffi.errors import FileFormatError

_LABELS = {
    "backend": "backend",
    "reason": "reason",
    "libtorch_version": "LibTorch",
    "libtorch_path": "LibTorch path",
    "shim_path": "shim",
    "shim_built_for": "shim built for",
    "shim_fastpath": "fast kernels",
    "abi_version": "C ABI version",
    "lifetimes": "lifetimes",
    "cuda_available": "CUDA",
    "cuda_reason": "why no CUDA",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        sys.stdout = None  # nothing to flush at exit
        return 1
    except (compiler.CompilerError, FileFormatError, OSError) as error:
        print(f"torchffi: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m torchffi", description=torchffi.__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    info = commands.add_parser("info", help="print the backend in use, and why")
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(run=_info)

    compile_ = commands.add_parser(
        "build", help="compile librt_torch.so for the LibTorch that is found, and cache it"
    )
    compile_.add_argument(
        "--stub", action="store_true", help="build the stub: every function, without LibTorch"
    )
    compile_.set_defaults(run=_build)

    inspect = commands.add_parser(
        "inspect", help="print the kind of a model file, its tensors and what it needs"
    )
    inspect.add_argument("file", help="safetensors, torch.save, torch.export, TorchScript, ...")
    inspect.add_argument("--json", action="store_true", help="print JSON")
    inspect.set_defaults(run=_list)

    config = commands.add_parser(
        "config", help="print the compiler flags for a C program that uses rt_torch.h"
    )
    config.add_argument("--cflags", action="store_true", help="print the compile flags")
    config.add_argument("--libs", action="store_true", help="print the link flags")
    config.add_argument("--library", action="store_true", help="print the path of librt_torch.so")
    config.add_argument(
        "--stub", action="store_true", help="use the stub, which is built if it is missing"
    )
    config.set_defaults(run=_config, parser=config)
    return parser


def _info(options: argparse.Namespace) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the table shows the reason anyway
        found = diagnose()
    print(json.dumps(found, indent=2) if options.json else _table(found))
    return 0


def _table(found: dict[str, Any]) -> str:
    width = max(map(len, _LABELS.values()))
    lines = [
        f"{label:{width}}  {_as_text(found[key])}"
        for key, label in _LABELS.items()
        if found[key] not in ("", None) or key == "backend"
    ]
    if found["probes"]:
        lines += ["", "paths tried:"]
        lines += [f"  {probe['path']}\n    {probe['outcome']}" for probe in found["probes"]]
    return "\n".join(lines)


def _as_text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _list(options: argparse.Namespace) -> int:
    found = _inspect.inspect(options.file)
    print(json.dumps(found, indent=2) if options.json else _inspect.as_text(found))
    return 0


def _build(options: argparse.Namespace) -> int:
    if options.stub:
        print(build.stub())
        return 0
    search = libtorch.find()
    if search.libtorch is None:
        return _fail(search.reason)
    print(build.shim(search.libtorch))
    # The new shim may not be the one that is used, for instance if TORCHFFI_SHIM names another.
    status = loader.load()
    return 0 if status.available else _fail(f"built, but not usable: {status.reason}")


def _config(options: argparse.Namespace) -> int:
    if not (options.cflags or options.libs or options.library):
        options.parser.error("give --cflags, --libs or --library")
    flags: list[str] = []
    if options.cflags:
        flags.append(f"-I{paths.FOLDER}")
    if options.libs or options.library:
        library, folders = _linkable(options.stub)
        if not library:
            return _fail(loader.load().reason)
        if options.library:
            flags.append(library)
        if options.libs:
            flags += [f"-L{folders[0]}", "-lrt_torch"]
            flags += [f"-Wl,-rpath,{folder}" for folder in folders]
            # DT_RPATH, unlike DT_RUNPATH, also applies to the libraries that the shim needs.
            flags.append("-Wl,--disable-new-dtags")
    print(shlex.join(flags))
    return 0


def _linkable(stub: bool) -> tuple[str, list[str]]:
    """The library for a C program, or ``""``, and the folders it needs at run time, its own first."""
    if stub:
        library = paths.cached_stub()
        if not os.path.isfile(library):
            build.stub()
        return library, [os.path.dirname(library)]
    status = loader.load()
    found = libtorch.find().libtorch
    if not status.available or found is None:
        return "", []
    return status.shim_path, [os.path.dirname(status.shim_path), found.library_dir]


def _fail(reason: str) -> int:
    print(f"torchffi: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
