"""Parses rt_torch.h, the input of all code generation.

The C preprocessor and cffi's own parser read the declarations. Only the documentation, which a
preprocessor drops, is fetched with a regular expression.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import compiler

PATH = Path(__file__).parents[1] / "rt_torch.h"

# Types that cffi predefines and pycparser does not.
_TYPEDEFS = "".join(
    f"typedef int {name};\n"
    for name in (
        *(f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)),
        "size_t",
    )
)
_DOCUMENTED = re.compile(
    r"/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*RT_TORCH_API\s[^;(]*?\b(?P<name>\w+)\s*\(", re.DOTALL
)
_RETURN = re.compile(r"@return\s(?P<text>(?:(?!^@).)*)", re.DOTALL | re.MULTILINE)
_DECLARATION = re.compile(r"(?:[^;{}]|\{(?:[^{}]|\{[^{}]*\})*\})+;")
_ENUM_BREAK = re.compile(r"(?P<inner>(?<=\{) (?=RT_TORCH_)|(?<=,) (?=RT_TORCH_))|(?<!;) (?=\})")
_FAILURE = re.compile(r"(?<![\w.-])(?P<value>0|-1|NULL|NAN) on failure\b")


@dataclass(frozen=True)
class Parameter:
    """One parameter."""

    name: str
    type: str


@dataclass(frozen=True)
class Function:
    """One exported function.

    Attributes:
        name: With its prefix, such as ``rt_torch_tensor_add``.
        returns: The C type of the result.
        parameters: In order.
        prototype: The C declaration on one line, without the semicolon.
        failure: What it returns when it fails, ``"0"``, ``"-1"``, ``"NULL"`` or ``"NAN"``; None if it
            never fails.
        fork_safe: Whether it works in the forked child of a process that used LibTorch.
        warns: Whether LibTorch may have something to warn of in it.
        doc: The text of its comment.
    """

    name: str
    returns: str
    parameters: tuple[Parameter, ...]
    prototype: str
    failure: str | None
    fork_safe: bool
    warns: bool
    doc: str

    @property
    def bare_name(self) -> str:
        """The name without ``rt_torch_``."""
        return self.name.removeprefix("rt_torch_")

    @property
    def operation(self) -> str:
        """The prefix of its error messages: ``add`` for ``rt_torch_tensor_add``."""
        return self.bare_name.removeprefix("tensor_")


@dataclass(frozen=True)
class Header:
    """The parsed header: the text for ``FFI.cdef``, constants and functions."""

    text: str
    digest: str
    constants: Mapping[str, int]
    functions: tuple[Function, ...]


def digest(path: Path = PATH) -> str:
    """SHA-256 of the header file, 64 hexadecimal digits. Needs no compiler."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(path: Path = PATH) -> Header:
    """Reads a header.

    Raises:
        CompilerError: There is no C compiler, or the preprocessor failed.
        ValueError: A function is not documented, or its ``@return`` does not say how it fails.
    """
    import cffi
    from pycparser import c_ast, c_parser

    text = _preprocess(path)
    docs = _documentation(path.read_text(encoding="utf-8"))
    tree = c_parser.CParser().parse(_TYPEDEFS + text)
    functions: list[Function] = []
    names: list[str] = []
    for node in tree.ext:
        if not isinstance(node, c_ast.Decl):
            continue
        if isinstance(node.type, c_ast.FuncDecl):
            functions.append(_function(node, docs.get(node.name)))
        elif isinstance(node.type, c_ast.Enum):
            names += [enumerator.name for enumerator in node.type.values.enumerators]
    ffi = cffi.FFI()
    ffi.cdef(text)
    values = ffi.dlopen(None)
    return Header(
        text=text,
        digest=digest(path),
        constants={name: int(getattr(values, name)) for name in names},
        functions=tuple(functions),
    )


def _preprocess(path: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        for include in ("stddef.h", "stdint.h"):
            Path(folder, include).touch()
        output = compiler.run(
            [
                *compiler.command("CC"),
                *("-E", "-P", "-nostdinc", "-DRT_TORCH_API=", "-I", folder, "-x", "c", str(path)),
            ]
        )
    # Preprocessors lay declarations out differently; a line for each one makes a diff readable.
    declarations = _DECLARATION.findall(re.sub(r"\s+", " ", output))
    return "".join(f"{_ENUM_BREAK.sub(_break, one.strip())}\n" for one in declarations)


def _break(match: re.Match[str]) -> str:
    return "\n  " if match["inner"] else "\n"


def _documentation(source: str) -> dict[str, str]:
    return {
        match["name"]: re.sub(r"^[ \t]*\*? ?", "", match["doc"], flags=re.MULTILINE).strip()
        for match in _DOCUMENTED.finditer(source)
    }


def _function(node: Any, doc: str | None) -> Function:
    from pycparser import c_ast, c_generator

    generate = c_generator.CGenerator().visit
    if doc is None:
        raise ValueError(
            f"{node.name} has no documentation: "
            "put a /** ... */ comment right before its RT_TORCH_API"
        )
    parameters = []
    for parameter in node.type.args.params if node.type.args else ():
        if isinstance(parameter, c_ast.Typename):  # (void), or a parameter without a name
            if generate(parameter) == "void":
                continue
            raise ValueError(f"{node.name}: a parameter of type {generate(parameter)} has no name")
        declaration = generate(parameter)
        untyped = re.sub(rf"\b{parameter.name}\b", "", declaration, count=1)
        parameters.append(Parameter(parameter.name, untyped.strip()))
    return Function(
        name=node.name,
        returns=generate(node.type.type).removesuffix(node.name).strip(),
        parameters=tuple(parameters),
        prototype=generate(node),
        failure=_failure(node.name, doc),
        fork_safe="Works in a forked child" in doc,
        warns="Never warns" not in doc,
        doc=doc,
    )


def _failure(name: str, doc: str) -> str | None:
    found = _RETURN.search(doc)
    text = " ".join(found["text"].split()) if found else ""
    if "Never fails" in text:
        return None
    failure = _FAILURE.search(text)
    if failure is None:
        raise ValueError(
            f"{name}: its @return must say '0 on failure', '-1', 'NULL' or 'NAN on failure', or "
            f"'Never fails'; got {text!r}"
        )
    return failure["value"]
