"""Finds and runs the C and C++ compilers."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence


class CompilerError(RuntimeError):
    """No compiler was found, or it failed. The text is meant for the user."""


_CANDIDATES = {"CC": ("cc", "gcc", "clang"), "CXX": ("c++", "g++", "clang++")}
_LANGUAGE = {"CC": "C", "CXX": "C++"}


def command(variable: str) -> list[str]:
    """The compiler that ``CC`` or ``CXX`` names, or the first one on the path.

    Args:
        variable: ``"CC"`` or ``"CXX"``.

    Returns:
        The command with the flags that the variable gave.

    Raises:
        CompilerError: No compiler was found.
    """
    language = _LANGUAGE[variable]
    given = shlex.split(os.environ.get(variable, ""))
    if given:
        if shutil.which(given[0]) is None:
            raise CompilerError(
                f"{variable}={os.environ[variable]} is not a program: "
                f"set {variable} to a {language} compiler or unset it"
            )
        return given
    for name in _CANDIDATES[variable]:
        if shutil.which(name) is not None:
            return [name]
    raise CompilerError(
        f"no {language} compiler ({', '.join(_CANDIDATES[variable])}) was found: "
        f"install one (Debian: apt install g++) or set {variable}"
    )


def run(arguments: Sequence[str]) -> str:
    """Runs a compiler and returns what it printed; its warnings go to stderr.

    Raises:
        CompilerError: It failed; the text holds the command and the compiler's output.
    """
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CompilerError(f"{shlex.join(arguments)}\n{done.stdout}{done.stderr}".rstrip())
    sys.stderr.write(done.stderr)
    return done.stdout
