"""Loading a mismatched or damaged shim: NumPy is used, with the reason and the fix."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shim.build import build, paths, sidecar
from tests.build.shims import (
    BUILD,
    DECLARED,
    altered_shim,
    assert_numpy,
    cached,
    outcomes,
    packaged,
    put,
    real_libtorch,
)
from tests.installations import Installation, compile_c, imitate_libtorch


def test_a_shim_for_another_libtorch(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    other = imitate_libtorch(tmp_path / "libtorch", "9.8.7")
    place = put(good, packaged(installation))
    assert_numpy(
        installation,
        f"{place} was built for LibTorch {real_libtorch().version}, but LibTorch 9.8.7 is installed",
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
        f"{place} cannot be used: it was built for LibTorch 9.8.7a0+cpu, but LibTorch",
        BUILD,
    )


def test_a_suffix_does_not_change_the_version(installation: Installation) -> None:
    version = real_libtorch().version
    altered_shim(packaged(installation), (f'"{version}"', f'"{version}+cpu"'))
    assert installation.info()["backend"] == "ffi"


# Without a sidecar the unmapped last tenth can be missing unnoticed; it is not needed either.
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
    path = Path(sidecar.path_of(place))
    path.write_text(path.read_text().replace(DECLARED.digest, "0" * 64))
    assert_numpy(installation, f"{place} was built from another version of rt_torch.h", BUILD)


def test_a_header_of_another_digest_by_the_library(installation: Installation) -> None:
    place = altered_shim(packaged(installation), (DECLARED.digest, "f" * 64))
    assert_numpy(
        installation,
        f"{place} cannot be used: it was built from another rt_torch.h (digest ffffffffffff",
        BUILD,
    )


def test_other_sources_by_the_sidecar(installation: Installation, good: Path) -> None:
    place = put(good, packaged(installation))
    path = Path(sidecar.path_of(place))
    path.write_text(path.read_text().replace(paths.source_digest(), "0" * 64))
    assert_numpy(installation, f"{place} was built from other sources", BUILD)


def test_a_shim_that_lacks_a_function(installation: Installation) -> None:
    place = altered_shim(
        packaged(installation), ("int64_t rt_torch_tensor_add(", "int64_t rt_torch_old_add(")
    )
    assert_numpy(
        installation, f"{place} cannot be used: it lacks the function rt_torch_tensor_add", BUILD
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
    put(good, cached(installation))  # must not be used
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
        installation,
        f"TORCHFFI_SHIM cannot be used: {wrong} ",
        cause,
        BUILD,
        TORCHFFI_SHIM=str(wrong),
    )


def test_a_cache_that_cannot_be_looked_at(installation: Installation) -> None:
    # An unknown home folder raises an OSError.
    done = installation.run(
        "-c",
        "import os; os.environ.pop('XDG_CACHE_HOME')\n"
        "os.path.expanduser = lambda path: (_ for _ in ()).throw(OSError('no home'))\n"
        "from torchffi._libtorch import loader; print(loader.load().reason)",
    )
    assert "no home" in done.stdout, done.stderr


def test_a_binding_that_was_not_built(bare: Installation) -> None:
    for path in bare.package.glob("_binding*"):
        path.unlink()
    done = bare.run("-c", "import torchffi")
    assert "pip install ." in done.stderr.splitlines()[-1]


# ---- Helper functions of the binding


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
        "0 9 add: LibTorch is not loaded; python -m torchffi info reports why",
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
