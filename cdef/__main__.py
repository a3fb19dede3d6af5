"""``python -m cdef``: writes rt_torch.cdef; ``--check`` only compares it."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from cdef import generate
from shim.build import header
from shim.build.compiler import CompilerError

CDEF = Path(__file__).with_name("rt_torch.cdef")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m cdef", description="Generate cdef/rt_torch.cdef from shim/rt_torch.h."
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; print what differs and exit with 1",
    )
    parser.add_argument("--header", type=Path, default=header.PATH, help=argparse.SUPPRESS)
    parser.add_argument("--cdef", type=Path, default=CDEF, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        expected = generate.cdef(header.read(options.header))
    except (CompilerError, ValueError) as error:
        print(f"cdef: {error}", file=sys.stderr)
        return 1
    path: Path = options.cdef
    if not options.check:
        path.write_text(expected, encoding="utf-8")
        return 0
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    if found == expected:
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(
            found.splitlines(keepends=True),
            expected.splitlines(keepends=True),
            fromfile=str(path),
            tofile="generated from rt_torch.h",
        )
    )
    print(f"cdef: {path} does not match rt_torch.h; regenerate it: python -m cdef", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
