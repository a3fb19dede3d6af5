"""torchffi.ops.load_library(): operators of other libraries."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

import torchffi as t
from shim.build import build, compiler, libtorch
from tests.backends.grid import GRID
from tests.support import check
from torchffi import ops
from torchffi._core import lifetimes
from torchffi._libtorch.operators import boxed

pytestmark = pytest.mark.usefixtures("ffi_backend")

make = functools.partial(lifetimes.make, None)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = libtorch.find().libtorch
    assert found is not None
    folder = tmp_path_factory.mktemp("library")
    output = folder / "libcustom.so"
    source = Path(__file__).with_name("custom_operators.cpp")
    flags = [*build.compile_flags(found, folder), "-O0"]
    libraries = [f"-L{found.library_dir}", "-ltorch_cpu", "-lc10"]
    compiler.run(
        [*compiler.command("CXX"), *flags, "-shared", str(source), "-o", str(output), *libraries]
    )
    return output


def test_operators_of_a_loaded_library_can_be_called(library: Path, x: t.Tensor) -> None:
    assert "torchffi_test" not in dir(ops)
    ops.load_library(library)
    assert set(dir(ops.torchffi_test)) >= {"twice", "all", "same", "absent", "nothing"}
    check(ops.torchffi_test.twice(x), 2 * GRID)
    same, *rest = ops.torchffi_test.all(x, "größe")
    check(same, GRID)
    assert rest == ["größe!", [2, 3], 0.5, True, [True, False], [0.25]]
    for value in (3, 0.5, True, 1 + 2j):
        assert ops.torchffi_test.same(value) == value
    assert ops.torchffi_test.absent(x) is None
    assert ops.torchffi_test.absent(x=x) is None
    with pytest.raises(NotImplementedError, match="torchffi_test::nothing"):
        ops.torchffi_test.nothing(x)
    with pytest.raises(t.HandleError):
        boxed.call(make, "torchffi_test::twice", 1)


@pytest.mark.parametrize("size", [1, 2, 4, 40])
def test_data_swapped_between_storages_is_freed_with_its_new_storage(
    library: Path, size: int
) -> None:
    def free(tensor: t.Tensor) -> None:
        t.tensor_free(tensor)
        churn = [t.full(size, -1.0) + t.zeros(size) for _ in range(300)]
        del churn

    ops.load_library(library)
    x, y = t.ones(size) + t.zeros(size), t.ones(size) + t.ones(size)
    ops.torchffi_test.trade(x, y)
    check(x, np.full(size, 2, np.float32))
    free(y)  # frees its storage, but its data is in x
    check(x, np.full(size, 2, np.float32))
    free(x)

    z = t.ones(size) + t.zeros(size)
    ops.torchffi_test.trade(z, t.zeros(1000))
    free(z)  # its data has been freed before


def test_library_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent\.so"):
        ops.load_library(tmp_path / "absent.so")
