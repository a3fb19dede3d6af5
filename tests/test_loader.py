"""Bad days: import works, NumPy takes over, the reason names the cause and the mending command."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from shim.build import build, generate, header, libtorch, paths, sidecar
from tests.installations import Installation, compile_c, imitate_libtorch

DECLARED = header.read()
BUILD = "python -m torchffi build"
USES_NUMPY = "import torchffi as t; print(t.get_backend(), (t.ones((2,)) + 1).numpy().tolist())"


def real_libtorch() -> libtorch.LibTorch:
    found = libtorch.find().libtorch
    assert found is not None, "the tests need a LibTorch"
    return found


@pytest.fixture(scope="module")
def good() -> Path:
    """A shim that fits the real LibTorch."""
    return build.shim(real_libtorch())


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    """An installation without LibTorch and without a shim."""
    return Installation(tmp_path / "installation")


@pytest.fixture
def installation(bare: Installation) -> Installation:
    """An installation with the real LibTorch and without a shim."""
    bare.environment["LIBTORCH"] = real_libtorch().root
    return bare


def cached(installation: Installation) -> Path:
    """Where the installation looks for a shim in its cache."""
    version = real_libtorch().version
    key = paths.cached_shim(version).relative_to(paths.cache())
    return installation.cache / "torchffi" / key


def packaged(installation: Installation) -> Path:
    return installation.package / paths.NAME


def put(library: Path, place: Path, with_sidecar: bool = True) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(library, place)
    if with_sidecar:
        shutil.copy2(sidecar.path_of(library), sidecar.path_of(place))
    return place


def altered_shim(place: Path, *changes: tuple[str, str]) -> Path:
    """A library that passes for the real one but for some changes; without a sidecar."""
    text = f"#include <stdint.h>\n#include <stddef.h>\n{generate.stub_c(DECLARED)}"
    for old, new in [
        ('#include "rt_torch.h"', DECLARED.text),
        (
            'const char *rt_torch_version(void) {\n  return "";',
            f'const char *rt_torch_version(void) {{\n  return "{real_libtorch().version}";',
        ),
        (
            "int32_t rt_torch_available(void) {\n  return 0;",
            "int32_t rt_torch_available(void) {\n  return 1;",
        ),
        *changes,
    ]:
        assert old in text
        text = text.replace(old, new)
    return compile_c(text, place)


def assert_numpy(installation: Installation, *reason: str, **environment: Any) -> dict[str, Any]:
    """NumPy takes over, ``info`` gives the reason, and a demand for FFI fails with it."""
    info = installation.info(**environment)
    assert info["backend"] == "numpy"
    for part in reason:
        assert part in info["reason"]
    done = installation.run("-W", "ignore", "-c", USES_NUMPY, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "numpy [2.0, 2.0]\n", "")
    demanding = installation.run("-c", USES_NUMPY, **environment, TORCHFFI_BACKEND="ffi")
    assert demanding.returncode == 1
    assert "UnavailableError" in demanding.stderr
    assert info["reason"] in demanding.stderr
    return info


def outcomes(info: dict[str, Any]) -> dict[str, str]:
    return {probe["path"]: probe["outcome"] for probe in info["probes"]}


# ---- Good days ------------------------------------------------------------------------------------


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
    output = installation.run("-c", code).stdout.splitlines()
    assert output == ["[]", "['digest', 'elf', 'libtorch', 'paths', 'sidecar']"]


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


def test_a_second_shim_does_not_replace_the_first(installation: Installation, good: Path) -> None:
    put(good, cached(installation))
    code = """
from torchffi._libtorch.loader import ffi, lib, load, _dlopen
from pathlib import Path
status = load()
text = ffi.new("char[]", 1000)
handle, _ = _dlopen(Path(status.shim_path))
print(lib.torchffi_bind(handle, b"2.13.0", text, 1000), ffi.string(text).decode())
print(lib.rt_torch_available())
"""
    assert installation.run("-c", code).stdout == "-1 another shim is in use already\n1\n"


# ---- LibTorch -------------------------------------------------------------------------------------


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
    (bare.packages / "torch").symlink_to(real_libtorch().root)  # it must not look further
    info = assert_numpy(
        bare, f"LIBTORCH={wrong} holds no LibTorch", "unset it", LIBTORCH=str(wrong)
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
    assert_numpy(bare, "is version 9.8.7 and its headers are version", LIBTORCH=root)


def test_a_libtorch_without_headers_tells_its_version_itself(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
    root = tmp_path / "libtorch"
    root.mkdir()
    (root / "lib").symlink_to(real_libtorch().library_dir)
    put(good, cached(bare))
    info = bare.info(LIBTORCH=root)
    assert (info["backend"], info["libtorch_version"]) == ("ffi", real_libtorch().version)


def test_a_libtorch_that_does_not_tell_its_version(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
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
    assert str(real_libtorch().library_dir / "libtorch_cpu.so") in done.stdout
    assert f"set LIBTORCH={other.parent.parent}" in done.stdout


def test_a_loaded_libtorch_that_was_deleted_is_another_one(
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
    same = real_libtorch().library_dir / "libtorch_cpu.so"
    code = (
        f"import ctypes; ctypes.CDLL({str(same)!r}); import torchffi; print(torchffi.get_backend())"
    )
    assert installation.run("-c", code).stdout == "ffi\n"


def test_a_cuda_library_that_cannot_be_opened_leaves_the_cpu(
    bare: Installation, good: Path, tmp_path: Path
) -> None:
    root = tmp_path / "libtorch"
    (root / "lib").mkdir(parents=True)
    for path in real_libtorch().library_dir.iterdir():
        (root / "lib" / path.name).symlink_to(path)
    (root / "include").symlink_to(real_libtorch().root / "include")
    broken = root / "lib" / libtorch.CUDA_LIBRARY
    if broken.is_symlink():
        broken.unlink()
    broken.write_bytes(b"\x7fELF")
    put(good, cached(bare))
    info = bare.info(LIBTORCH=root)
    assert info["backend"] == "ffi"
    assert outcomes(info)[str(broken)] == "is not a 64-bit shared library"


# ---- The shim -------------------------------------------------------------------------------------


def test_a_shim_for_another_libtorch(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    other = imitate_libtorch(tmp_path / "libtorch", "9.8.7")
    place = put(good, packaged(installation))
    assert_numpy(
        installation,
        f"{place} was built for LibTorch {real_libtorch().version}, and LibTorch 9.8.7 is installed",
        BUILD,
        LIBTORCH=other,
    )


def test_a_shim_for_another_libtorch_is_known_without_a_sidecar(
    installation: Installation, tmp_path: Path
) -> None:
    version = f'"{real_libtorch().version}"'
    place = altered_shim(packaged(installation), (version, '"9.8.7a0+cpu"'))
    assert_numpy(
        installation,
        f"{place} does not fit: it was built for LibTorch 9.8.7a0+cpu, and LibTorch",
        BUILD,
    )


def test_a_suffix_makes_no_other_version(installation: Installation) -> None:
    version = real_libtorch().version
    altered_shim(packaged(installation), (f'"{version}"', f'"{version}+cpu"'))
    assert installation.info()["backend"] == "ffi"


# Without a sidecar the last tenth can be missing unseen: what is not mapped is not needed either.
@pytest.mark.parametrize("with_sidecar", [True, False])
@pytest.mark.parametrize("size", [0, 1, 63, 64, 500, 4096, 100_000, 0.3, 0.6])
def test_a_truncated_shim(
    installation: Installation, good: Path, size: float, with_sidecar: bool
) -> None:
    place = put(good, cached(installation), with_sidecar)
    content = place.read_bytes()
    place.write_bytes(content[: int(size * len(content)) if size < 1 else int(size)])
    info = installation.info()
    assert info["backend"] == "numpy"
    assert str(place) in info["reason"]
    assert BUILD in info["reason"]


def test_a_shim_that_lacks_its_last_byte(installation: Installation, good: Path) -> None:
    place = put(good, cached(installation))
    place.write_bytes(place.read_bytes()[:-1])
    assert_numpy(installation, f"{place} has ", "bytes, not the ", BUILD)


def test_a_shim_that_is_not_a_library(installation: Installation) -> None:
    place = cached(installation)
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n" * 100)
    assert_numpy(installation, f"{place} is not a 64-bit shared library", BUILD)


def test_a_shim_that_cannot_be_opened(installation: Installation, tmp_path: Path) -> None:
    place = compile_c(
        "void absent(void); void f(void) { absent(); }", packaged(installation), "-Wl,-z,now"
    )
    assert_numpy(installation, f"{place} cannot be opened", "undefined symbol: absent", BUILD)


def test_a_header_of_another_digest_by_the_sidecar(installation: Installation, good: Path) -> None:
    place = put(good, cached(installation))
    path = sidecar.path_of(place)
    path.write_text(path.read_text().replace(DECLARED.digest, "0" * 64))
    assert_numpy(installation, f"{place} was built from another rt_torch.h", BUILD)


def test_a_header_of_another_digest_by_the_library(installation: Installation) -> None:
    place = altered_shim(packaged(installation), (DECLARED.digest, "f" * 64))
    assert_numpy(
        installation,
        f"{place} does not fit: it was built from another rt_torch.h (digest ffffffffffff",
        BUILD,
    )


def test_other_sources_by_the_sidecar(installation: Installation, good: Path) -> None:
    place = put(good, packaged(installation))
    path = sidecar.path_of(place)
    path.write_text(path.read_text().replace(paths.source_digest(), "0" * 64))
    assert_numpy(installation, f"{place} was built from other sources", BUILD)


def test_a_shim_that_lacks_a_function(installation: Installation) -> None:
    place = altered_shim(
        packaged(installation), ("int64_t rt_torch_tensor_add(", "int64_t rt_torch_old_add(")
    )
    assert_numpy(
        installation, f"{place} does not fit: it lacks the function rt_torch_tensor_add", BUILD
    )


@pytest.mark.parametrize("with_sidecar", [True, False])
def test_a_stub_is_refused(installation: Installation, with_sidecar: bool) -> None:
    place = put(build.stub(), packaged(installation), with_sidecar)
    assert_numpy(installation, str(place), "is the stub, which was built without LibTorch", BUILD)


@pytest.mark.parametrize("with_sidecar", [True, False])
def test_a_stub_in_front_of_a_good_shim_is_passed_over(
    installation: Installation, good: Path, with_sidecar: bool
) -> None:
    stub = put(build.stub(), packaged(installation), with_sidecar)
    place = put(good, cached(installation))
    info = installation.info()
    assert (info["backend"], info["shim_path"]) == ("ffi", str(place))
    assert "is the stub" in outcomes(info)[str(stub)]


def test_a_refused_shim_does_not_stay_open(installation: Installation, good: Path) -> None:
    stub = put(build.stub(), packaged(installation), with_sidecar=False)
    place = put(good, cached(installation))
    code = """
from torchffi._libtorch import loader
print(loader.load().available)
print(open("/proc/self/maps").read())
"""
    available, _, maps = installation.run("-c", code).stdout.partition("\n")
    assert available == "True"
    assert str(place) in maps
    assert str(stub) not in maps


def test_an_old_shim_in_front_of_a_good_one_is_passed_over(
    installation: Installation, good: Path
) -> None:
    old = altered_shim(packaged(installation), (DECLARED.digest, "f" * 64))
    place = put(good, cached(installation))
    info = installation.info()
    assert (info["backend"], info["shim_path"]) == ("ffi", str(place))
    assert "another rt_torch.h" in outcomes(info)[str(old)]


def test_a_truncated_shim_in_front_of_a_good_one_is_passed_over(
    installation: Installation, good: Path
) -> None:
    broken = put(good, packaged(installation))
    broken.write_bytes(broken.read_bytes()[:5000])
    put(good, cached(installation))
    info = installation.info()
    assert info["backend"] == "ffi"
    assert "is truncated" in outcomes(info)[str(broken)]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("absent", "does not exist"),
        ("folder", "does not exist"),
        ("stub", "is the stub"),
        ("truncated", "is truncated"),
        ("text", "is not a 64-bit shared library"),
    ],
)
def test_torchffi_shim_is_wrong(
    installation: Installation, good: Path, tmp_path: Path, kind: str, cause: str
) -> None:
    put(good, cached(installation))  # it must not look further
    wrong = tmp_path / "wrong.so"
    if kind == "folder":
        wrong.mkdir()
    elif kind == "stub":
        shutil.copy(build.stub(), wrong)
    elif kind == "truncated":
        wrong.write_bytes(good.read_bytes()[:5000])
    elif kind == "text":
        wrong.write_text("text")
    assert_numpy(
        installation, f"TORCHFFI_SHIM is refused: {wrong} ", cause, BUILD, TORCHFFI_SHIM=str(wrong)
    )


def test_a_cache_that_cannot_be_looked_at(installation: Installation) -> None:
    # A home that cannot be told is an error of the system, not one of Python.
    done = installation.run(
        "-c",
        "import os; os.environ.pop('XDG_CACHE_HOME')\n"
        "import pathlib; pathlib.Path.home = lambda: (_ for _ in ()).throw(OSError('no home'))\n"
        "from torchffi._libtorch import loader; print(loader.load().reason)",
    )
    assert "no home" in done.stdout, done.stderr


def test_a_binding_that_was_not_built(bare: Installation) -> None:
    for path in bare.package.glob("_binding*"):
        path.unlink()
    done = bare.run("-c", "import torchffi")
    assert "pip install ." in done.stderr.splitlines()[-1]


# ---- The helpers of the binding -------------------------------------------------------------------


def run_helper(installation: Installation, code: str) -> str:
    prelude = "from torchffi._libtorch.loader import ffi, lib\n"
    done = installation.run("-c", prelude + code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_binding_answers_before_anything_is_loaded(bare: Installation) -> None:
    code = """
text = ffi.new("char[200]")
print(lib.rt_torch_tensor_add(1, 2), lib.rt_torch_last_error(text, 200), ffi.string(text).decode())
print(lib.rt_torch_tensor_free(0), lib.rt_torch_tensor_free(1), lib.rt_torch_available())
print(ffi.string(lib.torchffi_header_digest()) == ffi.string(lib.rt_torch_header_digest()))
print(ffi.string(lib.rt_torch_cuda_reason()).decode())
lib.torchffi_close(ffi.NULL)
print(lib.torchffi_open(b"/no/such/library.so", text, 6), ffi.string(text).decode())
"""
    assert run_helper(bare, code).splitlines() == [
        "0 9 add: LibTorch is not loaded; python -m torchffi info tells why",
        "0 -1 0",
        "True",
        "LibTorch is not loaded, so there is no CUDA.",
        "<cdata 'void *' NULL> /no/s",
    ]


def test_cuda_is_off_for_a_reason(installation: Installation, good: Path) -> None:
    code = "from torchffi._libtorch import loader; print(loader.cuda_available(), loader.cuda_reason())"
    assert installation.run("-c", code).stdout.startswith("False LibTorch is not loaded")
    put(good, cached(installation))
    available, _, reason = installation.run("-c", code).stdout.strip().partition(" ")
    assert bool(reason) == (available == "False")
