"""Loading: import always works; without LibTorch NumPy is used, with the reason and the fix."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shim.build import libtorch, paths
from tests.build.shims import (
    BUILD,
    USES_NUMPY,
    assert_numpy,
    cached,
    outcomes,
    packaged,
    put,
    real_libtorch,
)
from tests.installations import Installation, compile_c, imitate_libtorch

# ---- The libraries that are loaded


def test_a_shim_in_the_cache_is_used(installation: Installation, good: Path) -> None:
    place = put(good, cached(installation))
    info = installation.info()
    assert info["backend"] == "ffi"
    assert info["reason"] == ""
    assert info["shim_path"] == str(place)
    assert info["shim_built_for"] == info["libtorch_version"] == real_libtorch().version
    assert info["libtorch_path"] == str(real_libtorch().root)
    assert outcomes(info)[str(place)] == "the cache: in use"


def test_loading_imports_nothing_that_only_building_needs(
    installation: Installation, good: Path
) -> None:
    put(good, cached(installation))
    code = """
import sys, torchffi
def imported(): return sorted(n[21:] for n in sys.modules if n.startswith("torchffi._shim.build."))
print(imported())
assert torchffi.get_backend() == "ffi"
print(imported())
"""
    first, loaded = installation.run("-c", code).stdout.splitlines()
    assert first == "[]"
    used = set(ast.literal_eval(loaded))
    assert used >= {"libtorch", "paths", "sidecar"}
    assert not used & {"build", "compiler", "generate", "header"}


# They take longer to import than torchffi's own modules that a first result needs.
NOT_IMPORTED = {
    *("typing", "re", "enum", "fnmatch", "pathlib", "urllib", "ipaddress", "struct", "ast"),
    *("inspect", "dataclasses", "numpy"),
}


@pytest.mark.parametrize("found", ["LIBTORCH", "packages"])
def test_a_first_result_imports_no_expensive_module_of_python(
    bare: Installation, good: Path, found: str
) -> None:
    put(good, cached(bare))
    if found == "LIBTORCH":
        bare.environment["LIBTORCH"] = real_libtorch().root
    else:
        (bare.packages / "torch").symlink_to(real_libtorch().root)
    code = """
import sys
before = set(sys.modules)
import torchffi as t
x = t.ones((2, 2)) + t.ones((2, 2))
print([x.backend, x.tolist(), sorted(set(sys.modules) - before)])
"""
    backend, values, imported = ast.literal_eval(bare.run("-c", code).stdout)
    assert (backend, values) == ("ffi", [[2.0, 2.0], [2.0, 2.0]])
    assert NOT_IMPORTED.isdisjoint(imported)


def test_a_shim_in_the_package_comes_before_the_cache(
    installation: Installation, good: Path
) -> None:
    put(good, cached(installation))
    place = put(good, packaged(installation))
    assert installation.info()["shim_path"] == str(place)


def test_a_shim_on_the_library_path_comes_last(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    place = put(good, tmp_path / "somewhere" / paths.NAME, with_sidecar=False)
    info = installation.info(LD_LIBRARY_PATH=place.parent)
    assert (info["backend"], info["shim_path"]) == ("ffi", str(place))
    put(good, cached(installation))
    info = installation.info(LD_LIBRARY_PATH=place.parent)
    assert info["shim_path"] == str(cached(installation))


def test_torchffi_shim_comes_first(installation: Installation, good: Path, tmp_path: Path) -> None:
    put(good, packaged(installation))
    place = put(good, tmp_path / "my own.so", with_sidecar=False)
    assert installation.info(TORCHFFI_SHIM=place)["shim_path"] == str(place)


def test_a_libtorch_among_the_packages_is_found(bare: Installation, good: Path) -> None:
    put(good, cached(bare))
    (bare.packages / "torch").symlink_to(real_libtorch().root)
    info = bare.info()
    assert info["backend"] == "ffi"
    assert info["libtorch_path"] == str(bare.packages / "torch")


def test_libtorch_is_opened_once_whatever_the_number_of_threads(
    installation: Installation, good: Path
) -> None:
    put(good, cached(installation))
    code = """
import threading
from torchffi._libtorch import loader
seen, gate = [], threading.Barrier(8)
def first():
    gate.wait()
    seen.append(loader.load())
threads = [threading.Thread(target=first) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(seen), len({id(status) for status in seen}), seen[0].available)
"""
    assert installation.run("-c", code).stdout == "8 1 True\n"


def test_importing_opens_nothing(installation: Installation, good: Path) -> None:
    put(good, cached(installation))
    code = """
import torchffi._libtorch.loader as loader
from torchffi._shim.build import libtorch
import torchffi
print(libtorch.loaded(), loader.lib.rt_torch_available())
print(torchffi.get_backend())
print(libtorch.loaded() is not None, loader.lib.rt_torch_available())
"""
    assert installation.run("-c", code).stdout == "None 0\nffi\nTrue 1\n"


def test_with_the_numpy_backend_libtorch_is_never_opened(
    installation: Installation, good: Path
) -> None:
    put(good, cached(installation))
    code = f"""
{USES_NUMPY}
from torchffi._shim.build import libtorch
print(libtorch.loaded())
"""
    done = installation.run("-c", code, TORCHFFI_BACKEND="numpy")
    assert done.stdout == "numpy [2.0, 2.0]\nNone\n"


def test_a_second_shim_does_not_replace_the_first(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    put(good, cached(installation))
    second = put(good, tmp_path / "second" / paths.NAME)
    code = f"""
from torchffi._libtorch.loader import ffi, lib, load
from torchffi._libtorch.loading import _dlopen
from pathlib import Path
status = load()
text = ffi.new("char[]", 1000)
handle, _ = _dlopen(Path({str(second)!r}))
print(lib.torchffi_bind(handle, b"2.13.0", text, 1000), ffi.string(text).decode())
print(lib.rt_torch_available())
"""
    assert installation.run("-c", code).stdout == "-1 another shim is in use already\n1\n"


# ---- LibTorch


def test_no_libtorch(bare: Installation) -> None:
    info = assert_numpy(bare, "No LibTorch was found", "pip install torch==", "LIBTORCH")
    assert info["libtorch_path"] == info["libtorch_version"] == info["shim_path"] == ""
    assert outcomes(info)[str(bare.packages / "torch")].endswith("no such folder")


@pytest.mark.parametrize("kind", ["absent", "empty", "file"])
def test_libtorch_variable_is_wrong(bare: Installation, tmp_path: Path, kind: str) -> None:
    wrong = tmp_path / "wrong place"
    if kind == "empty":
        wrong.mkdir()
    elif kind == "file":
        wrong.touch()
    (bare.packages / "torch").symlink_to(real_libtorch().root)  # must not be used
    info = assert_numpy(
        bare, f"LIBTORCH={wrong} is not a LibTorch", "unset it", LIBTORCH=str(wrong)
    )
    assert len(info["probes"]) == 1


def test_no_shim_was_built(installation: Installation) -> None:
    info = assert_numpy(installation, "no librt_torch.so is built for it", BUILD)
    assert outcomes(info)[str(cached(installation))] == "the cache: not built"
    assert outcomes(info)[str(packaged(installation))] == "the package: not built"


def test_without_a_shim_libtorch_is_not_even_opened(installation: Installation) -> None:
    code = """
from torchffi._libtorch import loader
from torchffi._shim.build import libtorch
print(loader.load().available, libtorch.loaded())
"""
    assert installation.run("-c", code).stdout == "False None\n"


@pytest.mark.parametrize("library", libtorch.LIBRARIES)
@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_truncated_libtorch(
    bare: Installation, good: Path, tmp_path: Path, library: str, size: int
) -> None:
    root = imitate_libtorch(tmp_path / "libtorch", real_libtorch().version)
    path = root / "lib" / library
    path.write_bytes(path.read_bytes()[:size])
    put(good, cached(bare))
    assert_numpy(bare, str(path), "pip install torch==", LIBTORCH=root)


def test_a_libtorch_whose_libraries_cannot_be_opened(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
    root = imitate_libtorch(tmp_path / "libtorch", real_libtorch().version)
    compile_c(
        "void absent(void); void f(void) { absent(); }", root / "lib/libtorch_cpu.so", "-Wl,-z,now"
    )
    put(good, cached(bare))
    assert_numpy(bare, "cannot be opened", "undefined symbol: absent", LIBTORCH=root)


def test_a_libtorch_whose_headers_are_of_another_version(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
    root = imitate_libtorch(tmp_path / "libtorch", "9.8.7")
    version = root / "include/torch/headeronly/version.h"
    numbers = real_libtorch().version.split(".")
    version.write_text(
        "".join(
            f"#define TORCH_VERSION_{name} {number}\n"
            for name, number in zip(("MAJOR", "MINOR", "PATCH"), numbers, strict=True)
        )
    )
    put(good, cached(bare))
    assert_numpy(bare, "is version 9.8.7, but its headers are version", LIBTORCH=root)


def test_the_version_of_a_libtorch_without_headers_comes_from_its_library(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
    root = tmp_path / "libtorch"
    root.mkdir()
    (root / "lib").symlink_to(real_libtorch().library_dir)
    put(good, cached(bare))
    info = bare.info(LIBTORCH=root)
    assert (info["backend"], info["libtorch_version"]) == ("ffi", real_libtorch().version)


def test_a_libtorch_of_unknown_version(bare: Installation, good: Path, tmp_path: Path) -> None:
    root = tmp_path / "libtorch"
    for name in libtorch.LIBRARIES:
        compile_c("", root / "lib" / name)
    put(good, cached(bare))
    assert_numpy(bare, "is version unknown", LIBTORCH=root)


def test_another_libtorch_is_loaded_already(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    put(good, cached(installation))
    other = imitate_libtorch(tmp_path / "other", "9.8.7") / "lib/libtorch_cpu.so"
    code = (
        f"import ctypes; ctypes.CDLL({str(other)!r}); "
        "import torchffi._libtorch.loader as l; print(l.load())"
    )
    done = installation.run("-c", code)
    assert "available=False" in done.stdout
    assert str(other) in done.stdout
    assert f"{real_libtorch().library_dir}/libtorch_cpu.so" in done.stdout
    assert f"set LIBTORCH={other.parent.parent}" in done.stdout


def test_a_loaded_libtorch_that_was_deleted_counts_as_another_one(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    put(good, cached(installation))
    other = imitate_libtorch(tmp_path / "other", "9.8.7") / "lib/libtorch_cpu.so"
    code = f"""
import ctypes, os
ctypes.CDLL({str(other)!r})
os.remove({str(other)!r})
import torchffi._libtorch.loader as l
print(l.load().reason)
"""
    assert str(other) in installation.run("-c", code).stdout


def test_the_same_libtorch_may_be_loaded_already(installation: Installation, good: Path) -> None:
    put(good, cached(installation))
    same = Path(real_libtorch().library_dir, "libtorch_cpu.so")
    code = (
        f"import ctypes; ctypes.CDLL({str(same)!r}); import torchffi; print(torchffi.get_backend())"
    )
    assert installation.run("-c", code).stdout == "ffi\n"


def test_a_cuda_library_that_cannot_be_opened_leaves_the_cpu(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
    root = tmp_path / "libtorch"
    (root / "lib").mkdir(parents=True)
    for path in Path(real_libtorch().library_dir).iterdir():
        (root / "lib" / path.name).symlink_to(path)
    (root / "include").symlink_to(Path(real_libtorch().root, "include"))
    broken = root / "lib" / libtorch.CUDA_LIBRARY
    if broken.is_symlink():
        broken.unlink()
    broken.write_bytes(b"\x7fELF")
    put(good, cached(bare))
    info = bare.info(LIBTORCH=root)
    assert info["backend"] == "ffi"
    assert outcomes(info)[str(broken)] == "is not a 64-bit shared library"
