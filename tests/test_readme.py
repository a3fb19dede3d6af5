"""What the README says is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import torchffi
from shim.build import compiler, header
from tests.support import python

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_table_names_every_function_of_the_header_in_order() -> None:
    rows = re.findall(r"^\| `(rt_torch_\w+)` \| `lib\.(rt_torch_\w+)` \|", README, re.MULTILINE)
    declared = [function.name for function in header.read().functions]
    assert rows == [(name, name) for name in declared]


def test_table_names_only_what_the_facade_has() -> None:
    named = re.findall(r"^\| `rt_torch_\w+` \| `\w+\.\w+` \| (.*) \|$", README, re.MULTILINE)
    functions = re.findall(r"`((?:t\.|nn\.)?\w+)\(\)`", " ".join(named))
    assert len(functions) > 100
    for name in functions:
        owner = {"t": torchffi.Tensor, "nn": torchffi.nn}.get(name.rpartition(".")[0], torchffi)
        assert hasattr(owner, name.rpartition(".")[2]), name


def test_error_table_says_which_builtin_each_error_is() -> None:
    from torchffi.errors import BY_CODE

    rows = re.findall(
        r"^\| (\d+) \| `RT_TORCH_(\w+)` \| .*?`([\w.]+)`(?:, a `(\w+)`)? \|$", README, re.M
    )
    constants = header.read().constants
    assert [int(code) for code, *_ in rows] == list(range(1, len(BY_CODE) + 1))
    for code, constant, named, builtin in rows:
        assert constants[f"RT_TORCH_{constant}"] == int(code)
        bases = {base.__name__ for base in BY_CODE[int(code) - 1].__mro__}
        assert (builtin or named.rpartition(".")[2]) in bases


def code(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_python_example_runs(ffi_backend: None) -> None:
    assert "backend='ffi'" in python(code("python"))


def test_c_example_prints_what_it_says(ffi_backend: None, tmp_path: Path) -> None:
    source, program = tmp_path / "program.c", tmp_path / "program"
    source.write_text(code("c"), encoding="utf-8")
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
    assert f"# {printed.strip()}" in README
