"""Trust in a file of native code: only its user and root can have written it, or what its path leads to.

The owners and the mode bits of the file, of all its folders up to the root, and of the links on the
way are checked; access control lists are not.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from .paths import absolute, names

_MOST_LINKS = 40  # as in Linux


def reason_against(path: str | os.PathLike[str]) -> str:
    """Why a file or folder is not trusted, and the command that changes it; ``""`` if it is trusted.

    Raises:
        OSError: A part of the path does not exist, or cannot be looked at.
    """
    user, shared = os.geteuid(), False
    for place in _places(absolute(os.fspath(path))):
        found = os.lstat(place)
        # In a sticky folder, such as /tmp, everybody can create files, and only rename their own.
        if found.st_uid not in ((user,) if shared else (user, 0)):
            owner = f"{user}" if shared else f"{user} or root"
            return (
                f"{place} belongs to user {found.st_uid}, expected {owner}; "
                f"run: sudo chown {user} {_quoted(place)}"
            )
        sticky = stat.S_ISDIR(found.st_mode) and bool(found.st_mode & stat.S_ISVTX)
        writers = "" if stat.S_ISLNK(found.st_mode) or sticky else _writers(found)
        if writers:
            return (
                f"{place} can be written by {writers} (mode {stat.S_IMODE(found.st_mode):o}); "
                f"run: chmod go-w {_quoted(place)}"
            )
        shared = sticky and bool(found.st_mode & 0o022)
    return ""


def _places(path: str) -> Iterator[str]:
    """The folders and links that an absolute path leads through, and last what it leads to."""
    at, links = "/", 0
    left = names(path)[::-1]
    yield at
    while left:
        name = left.pop()
        place = os.path.join(at, name)
        if name == "..":
            at = os.path.dirname(at)
        elif os.path.islink(place):
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            yield place
            target = os.readlink(place)
            at = "/" if os.path.isabs(target) else at
            left += names(target)[::-1]
        else:
            at = place
            yield at


def _writers(found: os.stat_result) -> str:
    """Who can write to it besides its owner; ``""`` if nobody can."""
    if found.st_mode & stat.S_IWOTH:
        return "others"
    if found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid):
        return f"group {found.st_gid}"
    return ""


def _is_private(group: int) -> bool:
    """Whether a group is this user's own: many systems create one with the user, and a umask of 002."""
    import grp
    import pwd

    try:
        user, named = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return (
        user.pw_uid != 0
        and user.pw_gid == group
        and named.gr_name == user.pw_name
        and set(named.gr_mem) <= {user.pw_name}
    )


def _quoted(path: str) -> str:
    """The path as a shell reads it."""
    import shlex

    return shlex.quote(path)
