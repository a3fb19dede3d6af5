"""Imports inside torchffi: only from lower layers, and without cycles; sizes of files and folders."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import torchffi
from tests.support import ROOT
from torchffi import _methods
from torchffi._operators import Operators
from torchffi._torch_methods import METHODS

PACKAGE = ROOT / "torchffi"
MOST_FILES, MOST_LINES = 22, 300
LONG = {"torchffi/__init__.py"}  # the list of public names

# The layers, lowest first. A module imports from its own package and from lower layers.
LAYERS = (
    ("_stdlib",),
    ("errors", "dtypes", "_devices", "_lazy_numpy"),
    ("_libtorch",),
    ("_numpy",),
    ("_core",),
    ("_array",),
    ("_autograd",),
    ("linalg", "fft", "ops", "_diagnosis"),
    ("_aten",),
    ("nn",),
    ("optim", "utils"),
    ("_compat", "_operators", "_reduction_methods", "_torch_methods", "_numpy_indexing", "_files"),
    ("_export",),
    ("serialization", "autograd", "export", "jit", "inductor", "_inspect"),
    ("_methods",),
    ("_torch_names",),
    ("",),
    ("__main__",),
)


def modules(root: Path) -> dict[str, Path]:
    """The modules of a package by their dotted names relative to it; the package itself is ""."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not name.startswith("_shim"):
            found[name] = path
    return found


def imports(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the package that a module imports, at any place, also under TYPE_CHECKING.

    ``from package import name`` imports the module of that name if there is one.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (
                alias.name.partition(".")[2]
                for alias in node.names
                if alias.name.partition(".")[0] == "torchffi"
            )
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            package, _, module = node.module.partition(".")
            if package == "torchffi" and not module.startswith("_shim"):
                for alias in node.names:
                    inner = f"{module}.{alias.name}".lstrip(".")
                    if inner in known:
                        yield inner
                    elif module or alias.name not in ("_binding", "_speedups"):
                        yield module


def graph(root: Path) -> dict[str, set[str]]:
    known = modules(root)
    return {
        name: {found for found in imports(name, path, known) if found in known} - {name}
        for name, path in known.items()
    }


def in_cycles(imported: dict[str, set[str]]) -> list[str]:
    """The modules that import themselves indirectly."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        left = list(imported[start])
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += imported[name]
        return seen

    return sorted(name for name in imported if name in reached(name))


def upward(imported: dict[str, set[str]]) -> list[str]:
    """The imports from a higher layer, or from another package of the same layer."""
    layer = {package: number for number, packages in enumerate(LAYERS) for package in packages}
    return sorted(
        f"{name} imports {other}"
        for name, others in imported.items()
        for other in others
        if layer[other.partition(".")[0]] > layer[name.partition(".")[0]]
        or (
            layer[other.partition(".")[0]] == layer[name.partition(".")[0]]
            and other.partition(".")[0] != name.partition(".")[0]
            and name.partition(".")[0]
            not in (
                "errors",
                "dtypes",
                "_devices",
                "_lazy_numpy",
                "nn",
                "linalg",
                "fft",
            )
        )
    )


def test_there_is_no_import_cycle() -> None:
    assert in_cycles(graph(PACKAGE)) == []


def test_every_import_is_from_a_lower_layer() -> None:
    assert upward(graph(PACKAGE)) == []


@pytest.mark.parametrize(
    ("module", "line", "cycle", "up"),
    [
        ("_core/tensor.py", "from torchffi._array import elementwise", True, True),
        (
            "_core/tensor.py",
            "if TYPE_CHECKING:\n    from torchffi._core.dispatch import run",
            True,
            False,
        ),
        ("errors.py", "def f():\n    import torchffi.dtypes", True, False),
        ("_numpy/quiet.py", "from torchffi._core import arguments", True, True),
        ("_libtorch/calls.py", "from torchffi._array import ufuncs", True, True),
        ("_devices.py", "from torchffi import ops", True, True),
    ],
)
def test_a_planted_import_is_found(
    module: str, line: str, cycle: bool, up: bool, tmp_path: Path
) -> None:
    for name, path in modules(PACKAGE).items():
        copy = tmp_path / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        copy.write_text(text + (f"\n{line}\n" if copy == tmp_path / module else ""), "utf-8")
        assert name in modules(PACKAGE)
    imported = graph(tmp_path)
    assert bool(in_cycles(imported)) == cycle
    assert bool(upward(imported)) == up


def test_folders_and_files_stay_small() -> None:
    folders: dict[Path, int] = {}
    for path in modules(PACKAGE).values():
        folders[path.parent] = folders.get(path.parent, 0) + 1
    assert {str(f): n for f, n in folders.items() if n > MOST_FILES} == {}
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules(PACKAGE).values()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert long.keys() <= LONG, long


def _parameters(function: Any) -> list[tuple[str, Any, Any]]:
    """The parameters after the tensor: their names, kinds and defaults."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()][
        1:
    ]


def test_every_declared_method_is_given_with_its_signature() -> None:
    tree = ast.parse((PACKAGE / "_core/declarations.py").read_text(encoding="utf-8"))
    declared = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert len(declared) > 80
    for node in declared:
        given = inspect.getattr_static(torchffi.Tensor, node.name)
        if isinstance(given, property):
            kinds = {"property": given.fget, f"{node.name}.setter": given.fset}
            kinds[f"{node.name}.deleter"] = given.fdel
            assert all(kinds[ast.unparse(one)] is not None for one in node.decorator_list)
            assert node.decorator_list, node.name
            continue
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        namespace: dict[str, Any] = {}
        exec(ast.unparse(node), namespace)
        wanted = _parameters(namespace[node.name])
        plain = node.name.startswith("__") and len(wanted) == 1
        found = _parameters(given)
        if plain:  # an operator: Python passes its operand by position
            assert len(found) == 1, node.name
        else:
            assert found == wanted, node.name


def test_every_method_that_is_given_is_declared() -> None:
    tree = ast.parse((PACKAGE / "_core/declarations.py").read_text(encoding="utf-8"))
    declared = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    given = set(_methods._METHODS) | set(_methods._PROPERTIES)
    given |= {
        name for name in vars(Operators) if name.startswith("__") and name not in vars(object)
    }
    given -= {"__slots__", "__module__"}
    assert given - declared - set(METHODS) == set()
    assert set(METHODS) & declared == set()


def test_pytorchs_methods_are_declared() -> None:
    source = (PACKAGE / "_core/torch_declarations.py").read_text(encoding="utf-8")
    found = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.AnnAssign)]
    assert [ast.unparse(node.target) for node in found] == sorted(METHODS)


def test_every_package_is_installed() -> None:
    project = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.findall(
        r'"(torchffi[\w.]*)"', project.partition("\npackages = [")[2].partition("]")[0]
    )
    folders = {path.parent.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("__init__.py")}
    shim = {"torchffi._shim", "torchffi._shim.build"}  # from another folder
    assert set(listed) == {".".join(folder.parts) for folder in folders} | shim
