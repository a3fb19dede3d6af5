"""The header, the binding, the real library and the stub have the same functions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shim.build import build, generate, header, libtorch
from tests.installations import compile_c
from torchffi._libtorch.loader import lib

DECLARED = header.read()
NAMES = {function.name for function in DECLARED.functions}


def exported(library: Path) -> set[str]:
    done = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    )
    return {line.split()[-1] for line in done.stdout.splitlines()}


@pytest.fixture(scope="module")
def real() -> Path:
    found = libtorch.find().libtorch
    assert found is not None, "the tests need a LibTorch"
    return build.shim(found)


@pytest.fixture(scope="module")
def stub() -> Path:
    return build.stub()


def test_the_real_library_exports_the_header_and_nothing_else(real: Path) -> None:
    assert exported(real) == NAMES


def test_the_stub_exports_the_header_and_nothing_else(stub: Path) -> None:
    assert exported(stub) == NAMES


def test_the_binding_offers_the_header_and_nothing_else() -> None:
    offered = {name for name in dir(lib) if name.startswith("rt_torch_")}
    assert offered == NAMES


def test_the_binding_has_the_constants_of_the_header() -> None:
    assert {name: getattr(lib, name) for name in DECLARED.constants} == DECLARED.constants


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rt_torch_tensor_add(int64_t a", "rt_torch_planted(int64_t a"),
        ("int64_t rt_torch_tensor_add(", "static int64_t rt_torch_tensor_add("),
    ],
)
def test_a_planted_difference_is_found(tmp_path: Path, old: str, new: str) -> None:
    text = generate.stub_c(DECLARED).replace('#include "rt_torch.h"', DECLARED.text)
    text = f"#include <stdint.h>\n#include <stddef.h>\n{text}"
    untouched = compile_c(text, tmp_path / "untouched.so")
    assert exported(untouched) == NAMES
    text = text.replace(old, new)
    assert exported(compile_c(text, tmp_path / "planted.so")) != NAMES


def test_the_real_library_names_its_dependencies_without_folders(real: Path) -> None:
    done = subprocess.run(["readelf", "-d", real], capture_output=True, text=True, check=True)
    assert "[librt_torch.so]" in done.stdout
    assert "RPATH" not in done.stdout
    assert "RUNPATH" not in done.stdout
    assert "libtorch_cpu.so" in done.stdout


def test_the_stub_needs_no_libtorch(stub: Path) -> None:
    done = subprocess.run(["readelf", "-d", stub], capture_output=True, text=True, check=True)
    assert "torch_cpu" not in done.stdout
