"""The process that reads damaged files: ``python -m tests.files.damage_child SEED START END``.

Prints a line of JSON for each file before it is read and one after, so that the parent knows which file
ended the process.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import tempfile
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import torchffi
from bench.processes.clock import peak_bytes
from tests.files.damaged import KINDS, damage, digest
from torchffi import _inspect
from torchffi.errors import FileFormatError, NotSupportedError, UnavailableError

MEMORY, SECONDS = 3 << 30, 30  # beyond what the process has when it begins
LONGEST_MESSAGE = 1000
# Events of Python's audit hooks that no file may cause. "compile" is not one: ast.parse() reads the
# dynamic sizes of a program, and running what was compiled is an "exec".
_FOREIGN = (
    "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill", "subprocess.Popen",
    "socket.", "ctypes.", "pickle.find_class", "exec", "os.remove", "os.rename", "os.mkdir",
    "os.chmod", "os.symlink", "os.link", "shutil.", "code.__new__", "function.__new__",
)  # fmt: skip


class Hook:
    """Notes what a file causes, while it is read."""

    def __init__(self, folder: Path) -> None:
        self.active, self.found, self._folder = False, [], str(folder)
        sys.addaudithook(self)

    found: list[str]

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event == "open":
            name = arguments[0]
            if not isinstance(name, int) and not str(name).startswith(self._folder):
                self.found.append(f"open {name!r}")
        elif event == "import":
            if arguments[0].partition(".")[0] not in sys.stdlib_module_names | {
                "torchffi",
                "numpy",
            }:
                self.found.append(f"import {arguments[0]}")
        elif event.startswith(_FOREIGN):
            self.found.append(event)


def attempt(read: Any, path: Path, expected: Any) -> str:
    """The outcome of reading a file; what begins with "WRONG" must not happen."""
    try:
        value = digest(read(path))
    except (FileFormatError, NotSupportedError, UnavailableError, OSError) as error:
        message = str(error)
        if str(path.parent) not in message:
            return f"WRONG: the message does not name the file: {message[:300]}"
        return "error" if len(message) < LONGEST_MESSAGE else f"WRONG: {len(message)} characters"
    except MemoryError:
        return "WRONG: MemoryError"
    except BaseException as error:
        return f"WRONG: {type(error).__name__}: {str(error)[:300]}"
    return "same" if value == expected else "different"


def inspected(path: Path) -> dict[str, Any]:
    found = _inspect.inspect(path)
    _inspect.as_text(found)
    json.dumps(found)
    return {}


def main(seed: int, start: int, end: int) -> None:
    # The address sanitizer has reserved terabytes.
    with open("/proc/self/statm", encoding="ascii") as file:
        limit = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    kinds = list(KINDS.items())
    with tempfile.TemporaryDirectory() as folder, torchffi.use_backend("numpy"):
        valid: dict[str, tuple[Path, bytes, Any]] = {}
        for number, (name, kind) in enumerate(kinds):
            place = Path(folder) / str(number)
            place.mkdir()
            path = kind.make(place)
            data = path.read_bytes()
            valid[name] = path, data, digest(kind.read(path))
            inspected(path)
            # Imports what errors need.
            path.write_bytes(data[:-1])
            attempt(kind.read, path, None)
        hook = Hook(Path(folder))
        for number in range(start, end):
            name, kind = kinds[number % len(kinds)]
            path, data, expected = valid[name]
            random = Random(f"{seed} {number}")
            changed = bytearray(data)
            how = damage(changed, random)
            path.write_bytes(changed)
            print(json.dumps({"number": number, "kind": name, "how": how}), flush=True)
            hook.found = []
            signal.alarm(SECONDS)
            began = perf_counter()
            hook.active = True
            outcome = attempt(kind.read, path, expected)
            seconds = perf_counter() - began
            listed = attempt(inspected, path, [])
            hook.active = False
            signal.alarm(0)
            if listed.startswith("WRONG"):
                outcome = f"{listed} (inspect)"
            result = {
                "outcome": outcome,
                "seconds": seconds,
                "peak": peak_bytes(),
                "foreign": hook.found,
            }
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
