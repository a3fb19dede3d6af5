"""Child processes: one that prints a result, or one that answers questions.

They inherit the environment, and with it the number of threads of the libraries.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def start(module: str, *arguments: str) -> Any:
    """Runs a module in a new process.

    Args:
        module: The module; it prints one JSON value.
        arguments: Its command line.

    Returns:
        The value.

    Raises:
        RuntimeError: If it fails; the message ends with the last line of its stderr.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise _failure(module, done.returncode, done.stderr)
    return json.loads(done.stdout)


class Worker:
    """A process that answers each line of JSON with another one. See :func:`serve`."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Starts it and waits until it is ready.

        Raises:
            RuntimeError: As :meth:`ask`.
        """
        self._module = module
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (__exit__ closes it)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._answer()

    def ask(self, question: Any) -> Any:
        """Asks a question and returns the answer.

        Raises:
            RuntimeError: If the process ended; the message ends with the last line of its stderr.
        """
        with contextlib.suppress(BrokenPipeError):  # _answer() raises the error
            print(json.dumps(question), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            code = self._process.wait()
            self._errors.seek(0)
            raise _failure(self._module, code, self._errors.read())
        return json.loads(answer)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # closes stdin, at which the process ends
        self._errors.close()


def serve(answer: Callable[[Any], Any]) -> None:
    """The main loop of a worker: reports that it is ready, then answers until stdin ends."""
    print("null", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def _failure(module: str, code: int, stderr: str) -> RuntimeError:
    lines = stderr.strip().splitlines() or [f"exit code {code}"]
    return RuntimeError(f"{module} failed: {lines[-1]}")
