"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO

from torchffi._files.mapped import Path, path_text
from torchffi.errors import InvalidArgumentError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file next to ``path``, which takes its place at the end of the ``with`` block.

    After an exception the old file is as it was. Tensors over the old file keep its memory.

    Raises:
        OSError: The folder is missing or not writable.
        ValueError: ``path`` is a directory, a device or a pipe.
    """
    name = path_text(path)
    target = os.path.realpath(name)  # the file behind a symbolic link
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(target).st_mode):
            raise InvalidArgumentError(f"{name}: not a regular file")
    folder, base = os.path.split(target)
    temporary = os.path.join(folder, f".{base[:100]}.{os.urandom(8).hex()}.tmp")
    try:
        file = open(temporary, "xb")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, name) from None
    try:
        with file:
            yield file
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
