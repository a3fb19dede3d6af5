"""Packages with other members, for tests of damage."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

# The end of a member's name -> its new bytes from the old ones; None removes it.
Changes = Mapping[str, Callable[[bytes], bytes] | None]


def rewritten(
    source: Path,
    target: Path,
    changes: Changes,
    more: Mapping[str, bytes] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """Copies a package with changes.

    Args:
        source: The package.
        target: Where the copy goes.
        changes: What is changed; each must apply to a member.
        more: Further members, by their names below the top folder.
        compression: Of all members.
    """
    used = set()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        top = ""
        for name in old.namelist():
            top = name.partition("/")[0]
            data = old.read(name)
            change: Callable[[bytes], bytes] | None = bytes
            for end, one in changes.items():
                if name.endswith(end):
                    used.add(end)
                    change = one
            if change is not None:
                new.writestr(name, change(data))
        for name, data in (more or {}).items():
            new.writestr(f"{top}/{name}", data)
    assert used == set(changes)
    return target
