"""README.md and docs/: examples run, links resolve, tables are complete."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import torchffi
from shim.build import compiler, header
from tests.support import ROOT, python

PAGES = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text(page), re.DOTALL)


# ---- Examples


@pytest.mark.parametrize(
    ("page", "number"),
    [(page, number) for page in PAGES for number in range(len(blocks(page, "python")))],
)
def test_python_example_runs(
    page: str, number: int, ffi_backend: None, torch: Any, tmp_path: Path
) -> None:
    python(blocks(page, "python")[number], folder=tmp_path)


def test_first_python_example_prints_a_tensor_on_libtorch(ffi_backend: None) -> None:
    assert "backend='ffi'" in python(blocks("README.md", "python")[0])


def test_c_example_prints_the_documented_result(ffi_backend: None, tmp_path: Path) -> None:
    source, program = tmp_path / "program.c", tmp_path / "program"
    source.write_text(blocks("README.md", "c")[0], encoding="utf-8")
    flags = subprocess.run(
        [sys.executable, "-m", "torchffi", "config", "--cflags", "--libs"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    command = [*compiler.command("CC"), *strict, str(source), *shlex.split(flags)]
    subprocess.run([*command, "-o", str(program)], check=True)
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "7 10 15 22"
    assert f"# {printed.strip()}" in text("README.md")


@pytest.mark.parametrize("page", PAGES)
def test_commands_exist(page: str) -> None:
    targets = set(re.findall(r"^([\w-]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(blocks(page, "sh")))) <= targets
    commands = " ".join(re.findall(r"python -m torchffi (\w+)", text(page)))
    for command in set(commands.split()):
        assert python(f"from torchffi.__main__ import main; main(['{command}', '--help'])")


# ---- Links and tables


@pytest.mark.parametrize("page", PAGES)
def test_links_point_to_files(page: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)", text(page)):
        if not link.startswith("https://"):
            assert (ROOT / page).parent.joinpath(link).exists(), link


def test_table_of_functions_is_the_generated_one() -> None:
    done = subprocess.run(
        [sys.executable, "docs/functions.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_table_of_functions_has_every_function_of_the_header_in_order() -> None:
    rows = re.findall(
        r"^\| `(rt_torch_\w+)` \| `lib\.(rt_torch_\w+)` \|", text("docs/functions.md"), re.MULTILINE
    )
    declared = [function.name for function in header.read().functions]
    assert rows == [(name, name) for name in declared]


def test_table_of_functions_has_only_names_that_exist() -> None:
    named = re.findall(
        r"^\| `rt_torch_\w+` \| `\w+\.\w+` \| (.*) \|$", text("docs/functions.md"), re.MULTILINE
    )
    functions = re.findall(r"`((?:t\.|nn\.|ops\.|jit\.|m\.)?\w+)\(\)`", " ".join(named))
    assert len(functions) > 100
    for name in functions:
        owners = {
            "t": torchffi.Tensor, "nn": torchffi.nn, "ops": torchffi.ops, "jit": torchffi.jit,
            "m": torchffi.jit.ScriptModule,
        }  # fmt: skip
        owner = owners.get(name.rpartition(".")[0], torchffi)
        assert hasattr(owner, name.rpartition(".")[2]), name


def test_table_of_errors_names_the_builtin_of_each_code() -> None:
    from torchffi.errors import BY_CODE, by_code

    rows = re.findall(
        r"^\| (\d+) \| `RT_TORCH_(\w+)` \| .*?`([\w.]+)`(?:, a `(\w+)`)? \|$",
        text("docs/reference.md"),
        re.MULTILINE,
    )
    constants = header.read().constants
    assert [int(code) for code, *_ in rows] == list(range(1, len(BY_CODE) + 1))
    for code, constant, named, builtin in rows:
        assert constants[f"RT_TORCH_{constant}"] == int(code)
        bases = {base.__name__ for base in by_code(int(code)).__mro__}
        assert (builtin or named.rpartition(".")[2]) in bases
