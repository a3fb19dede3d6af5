"""``python -m shim``: checks that a build can work, before anything is installed; prints its flags.

Without an argument: exits with one line that says what to do if a compiler is missing or LIBTORCH is
wrong. ``flags FOLDER``: writes exports.h there and prints the flags, for other tools such as clang-tidy.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .build import build, compiler, libtorch


def check() -> None:
    """Raises CompilerError where a build cannot work."""
    compiler.command("CC")
    compiler.command("CXX")
    search = libtorch.find()
    if search.libtorch is None and os.environ.get("LIBTORCH"):
        raise compiler.CompilerError(search.reason)


def flags(folder: Path) -> list[str]:
    """The flags of a shim source, with the generated header in ``folder``."""
    found = libtorch.find().libtorch
    if found is None:
        raise compiler.CompilerError(libtorch.find().reason)
    folder.mkdir(parents=True, exist_ok=True)
    return build.compile_flags(found, folder, build.with_fastpath())


def main() -> int:
    """Runs the command line and returns its exit status."""
    try:
        if sys.argv[1:2] == ["flags"]:
            print(*flags(Path(sys.argv[2])))
        else:
            check()
    except compiler.CompilerError as error:
        print(f"torchffi: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
