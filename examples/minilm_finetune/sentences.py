"""The data: summaries of docstrings of Python's standard library, and the topic of their module.

They are read from the sources of the running Python, so there is nothing to download; the count differs
a little between versions of Python. Nothing is imported.
"""

from __future__ import annotations

import ast
import random
import re
import sysconfig
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

# After the chapters of the manual of the library. A module that this Python lacks is left out.
MODULES = {
    "concurrency": "asyncio concurrent multiprocessing queue sched selectors subprocess threading",
    "language": "ast code codeop dis importlib inspect pickle pickletools pkgutil symtable tokenize "
    "types typing",
    "mail": "email imaplib mailbox poplib smtplib",
    "network": "ftplib html http ipaddress socket socketserver ssl urllib webbrowser wsgiref xmlrpc",
    "files": "bz2 filecmp fileinput fnmatch glob gzip lzma ntpath os pathlib posixpath _pyio shutil "
    "tarfile tempfile zipfile",
    "numbers": "_pydatetime _pydecimal calendar datetime fractions numbers random statistics",
    "testing": "bdb cProfile doctest pdb profile pstats timeit trace tracemalloc unittest",
    "windows": "curses tkinter turtle",
}
TOPICS = tuple(MODULES)
WORDS = range(4, 19)  # in a sentence


class Sentences(NamedTuple):
    """Sentences, each with the number of its topic."""

    texts: list[str]
    topics: list[int]


def data(train: int = 120, test: int = 60, seed: int = 0) -> tuple[Sentences, Sentences]:
    """Sentences to train with, and others for the test; no sentence is in both.

    Args:
        train: How many of each topic, at most.
        test: How many of each topic.
        seed: Of the choice.

    Raises:
        ValueError: The sources of the standard library are not there.
    """
    library = Path(sysconfig.get_path("stdlib"))
    topics = _topics(library)
    parts = Sentences([], []), Sentences([], [])
    for number, name in enumerate(TOPICS):
        # The same sentence in modules of two topics, such as "Return self.", has no answer.
        texts = sorted(text for text, found in topics.items() if found == {number})
        if len(texts) < 2 * test:
            raise ValueError(
                f"{len(texts)} docstrings about {name} in {library}, expected {2 * test} or more: "
                "this Python is installed without the sources of its library"
            )
        random.Random(seed).shuffle(texts)
        for part, chosen in zip(parts, (texts[test : test + train], texts[:test]), strict=True):
            part.texts.extend(chosen)
            part.topics.extend([number] * len(chosen))
    return parts


@cache
def _topics(library: Path) -> dict[str, set[int]]:
    """All sentences, and the topics of the modules in which they are."""
    topics = defaultdict(set)
    for number, modules in enumerate(MODULES.values()):
        for module in modules.split():
            for file in _files(library, module):
                for text in _summaries(file):
                    topics[text].add(number)
    return topics


def _files(library: Path, module: str) -> list[Path]:
    if (library / f"{module}.py").exists():
        return [library / f"{module}.py"]
    files = (library / module).rglob("*.py")
    return sorted(f for f in files if not any("test" in part for part in f.parts[-3:-1]))


def _summaries(file: Path) -> Iterator[str]:
    """The first sentences of the docstrings of functions and classes."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            paragraph = (ast.get_docstring(node) or "").partition("\n\n")[0]
            sentence = re.split(r"(?<=[.!?])\s", " ".join(paragraph.split()))[0]
            if len(sentence.split()) in WORDS:
                yield sentence
