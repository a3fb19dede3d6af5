"""The methods of a TorchScript file, from the text of its code: nothing is run."""

from __future__ import annotations

import pickletools
import re
from typing import Final

from torchffi._files.archive import Archive
from torchffi._files.text import plain
from torchffi.errors import FileFormatError

_CLASS: Final = re.compile(r"^class (\w+)\(")
_METHOD: Final = re.compile(r"^  def (\w+)\((.*?)\)(?: -> (.*?))?:\s*$")
_MOST_INSTRUCTIONS: Final = 1000
_LONGEST: Final = 2000


def methods(archive: Archive) -> list[str]:
    """The methods of the module, such as ``forward(x: Tensor) -> Tensor``.

    Raises:
        FileFormatError: The code of its class is not in the archive.
    """
    name = _class_of(archive)
    module, _, wanted = name.rpartition(".")
    member = f"code/{module.replace('.', '/')}.py"
    code = archive.read(member).decode("utf-8", "replace")
    found: list[str] = []
    inside = False
    # A signature may go over several lines, which begin with more spaces.
    for line in re.sub(r",\n\s+", ", ", code).splitlines():
        start = _CLASS.match(line)
        if start:
            inside = start[1] == wanted
        method = _METHOD.match(line) if inside else None
        if method:
            arguments = re.sub(r"^self(: [\w.]+)?(, )?", "", method[2])
            result = f" -> {method[3]}" if method[3] else ""
            text = f"{method[1]}({arguments}){result}"
            found.append(text if text.isprintable() and len(text) < _LONGEST else plain(text))
    return found


def _class_of(archive: Archive) -> str:
    """The name of the module's class, which the pickle names first."""
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(archive.read("data.pkl"))):
            if opcode.name == "GLOBAL" and isinstance(argument, str):
                return argument.replace(" ", ".")
            if count > _MOST_INSTRUCTIONS:
                break
    except FileFormatError:
        raise
    except ValueError as error:
        raise archive.error(f"data.pkl: {error}") from None
    raise archive.error("data.pkl: names no class")
