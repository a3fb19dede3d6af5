"""Processes of the benchmark's own: one that prints what it found, or one that answers questions.

They inherit the environment, and with it how many threads the libraries have.
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

ROOT = Path(__file__).resolve().parent.parent


def start(module: str, *arguments: str) -> Any:
    """Runs a module in a fresh process.

    Args:
        module: Prints one JSON value.
        arguments: Of its command line.

    Returns:
        That value.

    Raises:
        RuntimeError: If it fails; the text ends with the last line that it wrote.
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
    """A process that answers: for each line of JSON another one. See :func:`serve`."""

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
        """Its answer.

        Raises:
            RuntimeError: If it ended instead; the text ends with the last line that it wrote.
        """
        with contextlib.suppress(BrokenPipeError):  # _answer() tells what happened
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
        self._process.communicate()  # it ends where its questions do
        self._errors.close()


def serve(answer: Callable[[Any], Any]) -> None:
    """What a worker does: it says that it is ready, and answers until there are no more questions."""
    print("null", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def _failure(module: str, code: int, said: str) -> RuntimeError:
    lines = said.strip().splitlines() or [f"exit code {code}"]
    return RuntimeError(f"{module} failed: {lines[-1]}")
