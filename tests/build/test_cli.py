"""``python -m torchffi``."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from shim.build import build, libtorch, paths
from tests.installations import ROOT, Installation, clean_environment, imitate_libtorch
from torchffi import __main__ as command
from torchffi._libtorch.loader import lib

KEYS = {
    "backend",
    "reason",
    "libtorch_version",
    "libtorch_path",
    "shim_path",
    "shim_built_for",
    "shim_fastpath",
    "abi_version",
    "lifetimes",
    "cuda_available",
    "cuda_reason",
    "probes",
}


def run(*arguments: str, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "torchffi", *arguments],
        env=clean_environment(**environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    found = libtorch.find().libtorch
    assert found is not None, "the tests need a LibTorch"
    build.shim(found)


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    return Installation(tmp_path / "installation")


def test_info_for_programs_has_every_key() -> None:
    info = json.loads(run("info", "--json").stdout)
    assert info.keys() >= KEYS
    assert info["backend"] == "ffi"
    assert info["abi_version"] == lib.RT_TORCH_ABI_VERSION
    assert info["cuda_available"] in (True, False)
    assert all(probe.keys() == {"path", "outcome"} for probe in info["probes"])


def test_info_for_people_is_a_table() -> None:
    done = run("info")
    lines = done.stdout.splitlines()
    table = lines[: lines.index("")]
    assert table[0].split() == ["backend", "ffi"]
    column = table[0].index("ffi")
    assert all(line[column - 2 : column] == "  " and line[column] != " " for line in table)
    assert "reason" not in done.stdout.split()
    assert any("in use" in line for line in lines)


def test_info_says_why_it_is_numpy_without_a_warning(bare: Installation) -> None:
    done = bare.run("-m", "torchffi", "info", LIBTORCH="/no/such/place")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("backend ")
    assert "numpy" in done.stdout
    assert "LIBTORCH=/no/such/place is not a LibTorch" in done.stdout


def test_info_honours_the_policy(bare: Installation) -> None:
    assert json.loads(run("info", "--json", TORCHFFI_BACKEND="numpy").stdout)["backend"] == "numpy"
    demanded = bare.run("-m", "torchffi", "info", TORCHFFI_BACKEND="ffi")
    assert demanded.returncode == 0
    assert demanded.stdout.splitlines()[0].split() == ["backend", "none"]
    assert "No LibTorch was found" in demanded.stdout


def test_build_prints_the_library_and_ffi_works(bare: Installation, tmp_path: Path) -> None:
    found = libtorch.find().libtorch
    assert found is not None
    bare.environment["LIBTORCH"] = found.root
    # Objects are the same for every LibTorch of this version, so they are not compiled again.
    (bare.cache / "torchffi").mkdir(parents=True)
    (bare.cache / "torchffi/objects").symlink_to(Path(paths.cache(), "objects"))
    assert bare.info()["backend"] == "numpy"
    done = bare.run("-m", "torchffi", "build")
    assert done.returncode == 0, done.stderr
    library = Path(done.stdout.strip())
    assert library.is_relative_to(bare.cache)
    assert "librt_torch.so" in done.stderr.splitlines()[-1]
    info = bare.info()
    assert (info["backend"], info["shim_path"]) == ("ffi", str(library))


def test_build_reports_what_prevents_it(bare: Installation, tmp_path: Path) -> None:
    found = libtorch.find().libtorch
    assert found is not None
    done = run("build", LIBTORCH=found.root, TORCHFFI_SHIM=tmp_path / "none.so")
    assert done.returncode == 1
    assert "built, but not usable: TORCHFFI_SHIM cannot be used" in done.stderr


def test_build_without_libtorch_is_one_line(bare: Installation) -> None:
    done = bare.run("-m", "torchffi", "build")
    assert done.returncode == 1
    assert done.stderr.startswith("torchffi: No LibTorch was found.")
    assert done.stderr.count("\n") == 1


def test_build_with_a_wrong_libtorch_is_one_line(bare: Installation) -> None:
    done = bare.run("-m", "torchffi", "build", LIBTORCH="/no/such/place")
    assert done.returncode == 1
    assert done.stderr.startswith("torchffi: LIBTORCH=/no/such/place is not a LibTorch")
    assert done.stderr.count("\n") == 1


def test_build_without_a_compiler_is_one_line(bare: Installation, tmp_path: Path) -> None:
    root = imitate_libtorch(tmp_path / "libtorch", "9.8.7")
    done = bare.run("-m", "torchffi", "build", LIBTORCH=root, PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("torchffi: no C++ compiler")
    assert done.stderr.count("\n") == 1


def test_build_stub_needs_no_libtorch(bare: Installation) -> None:
    done = bare.run("-m", "torchffi", "build", "--stub")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_file()
    assert bare.info()["backend"] == "numpy"


def test_config_names_the_library_in_use() -> None:
    library = run("config", "--library").stdout.strip()
    assert library == json.loads(run("info", "--json").stdout)["shim_path"]


def test_config_flags_name_header_library_and_both_folders() -> None:
    flags = shlex.split(run("config", "--cflags", "--libs").stdout)
    include = next(flag for flag in flags if flag.startswith("-I"))
    assert Path(include[2:], "rt_torch.h").is_file()
    folders = [flag.removeprefix("-Wl,-rpath,") for flag in flags if "rpath" in flag]
    assert [sorted(Path(folder).glob("lib*torch*.so")) != [] for folder in folders] == [True, True]
    assert "-lrt_torch" in flags
    assert "-Wl,--disable-new-dtags" in flags


def test_config_without_libtorch_is_one_line(bare: Installation) -> None:
    done = bare.run("-m", "torchffi", "config", "--libs")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("torchffi: No LibTorch was found")
    assert done.stderr.count("\n") == 1
    assert bare.run("-m", "torchffi", "config", "--cflags").returncode == 0


def test_config_stub_is_built_on_demand(bare: Installation) -> None:
    first = bare.run("-m", "torchffi", "config", "--library", "--stub")
    assert Path(first.stdout.strip()).is_file()
    assert "stub" in first.stderr
    assert bare.run("-m", "torchffi", "config", "--library", "--stub").stderr == ""


def test_config_quotes_a_path_with_a_space(bare: Installation, tmp_path: Path) -> None:
    done = bare.run("-m", "torchffi", "config", "--libs", "--stub", XDG_CACHE_HOME=tmp_path / "a b")
    assert f"'-L{tmp_path}/a b/" in done.stdout
    assert any(" " in flag for flag in shlex.split(done.stdout))


@pytest.mark.parametrize("arguments", [[], ["config"], ["unknown"]])
def test_a_wrong_command_shows_how_to_use_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m torchffi" in capsys.readouterr().err
