"""A short run under the sanitizers; the long one is ``make sanitize``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import shrink
from tests.sanitize import tree
from torchffi._libtorch import loader

pytestmark = pytest.mark.usefixtures("ffi_backend")

CALLS = 2_000
TESTS = tuple(f"tests/backends/test_{name}.py" for name in ("owner", "freed_tensors", "attempts"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The binding and ``_speedups`` with the address sanitizer. Compiling the shim takes minutes."""
    return tree.build("address", tmp_path_factory.mktemp("address"), shim=False)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    yield {**tree.environment(), "TORCHFFI_SHIM": loader.load().shim_path}


def test_random_calls_through_the_instrumented_binding(
    folder: Path, environment: dict[str, str]
) -> None:
    report = shrink.Fuzz(folder, environment).run(CALLS, "smoke")
    assert report["calls"] >= CALLS
    assert report["compared"] > CALLS / 3


def test_lifetimes_in_c_with_the_instrumented_speedups(
    folder: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert int(done.stdout.splitlines()[-1].split()[0]) > 10


def test_the_sanitizer_is_on(folder: Path, environment: dict[str, str]) -> None:
    """An array that is too short for the elements that the library writes is found."""
    code = """
        from torchffi._libtorch.loader import ffi, lib, load
        load()
        x = lib.rt_torch_tensor_ones([64], 1, 6, -1)
        lib.rt_torch_tensor_copy_to_host(x, ffi.new("char[8]"), 256)
    """
    done = subprocess.run(
        [sys.executable, "-c", "import textwrap; exec(textwrap.dedent('''" + code + "'''))"],
        cwd=folder,
        env={**environment, "PYTHONMALLOC": "malloc"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "AddressSanitizer: heap-buffer-overflow" in done.stderr
