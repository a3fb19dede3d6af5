"""Builds of the shim, with sources and a LibTorch small enough to build in one second."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

import pytest

from shim.build import compiler, libtorch, paths, sidecar
from tests.build.small_project import GUARD, Project


def test_a_build_is_in_the_cache_with_a_matching_sidecar(project: Project) -> None:
    library = project.build.shim(project.libtorch)
    assert str(library) == project.paths.cached_shim("2.99.1")
    described = sidecar.read(library)
    assert described is not None
    assert described.size == library.stat().st_size
    assert described.libtorch_version == "2.99.1"
    assert described.source_digest == project.paths.source_digest()
    assert described.header_digest == project.load("header").digest()
    assert sidecar.damage(library, described) == ""
    assert library.stat().st_mode & 0o777 == 0o755


def test_progress_counts_the_files(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    project.build.shim(project.libtorch)
    lines = capfd.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines] == [f"[{n}/4]" for n in (1, 2, 3, 4)]
    assert {line.split()[1] for line in lines} == {
        "one.cpp",
        "two.cpp",
        "exports.cpp",
        "librt_torch.so",
    }


def test_only_what_changed_is_compiled_again(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    def unchanged() -> set[str]:
        capfd.readouterr()
        project.build.shim(project.libtorch)
        lines = capfd.readouterr().err.splitlines()
        return {line.split()[1] for line in lines if line.endswith("(unchanged)")}

    assert unchanged() == set()
    assert unchanged() == {"one.cpp", "two.cpp", "exports.cpp"}
    project.write("operators/one.cpp", '#include "exports.h"\nint64_t rt::one() { return 11; }\n')
    assert unchanged() == {"two.cpp", "exports.cpp"}
    project.write("runtime/guard.h", GUARD + "// changed\n")
    assert unchanged() == set()


def test_a_changed_source_changes_the_place_in_the_cache(project: Project) -> None:
    before = project.paths.cached_shim("2.99.1"), project.paths.cached_stub()
    project.write("operators/one.cpp", "// changed\n")
    after = project.paths.cached_shim("2.99.1"), project.paths.cached_stub()
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_fast_kernels_can_be_left_out(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project.write(
        "operators/one.cpp", '#include "exports.h"\nint64_t rt::one() { return RT_FASTPATH; }\n'
    )
    project.write("fastpath/fast.cpp", "int fast;\n")
    fast = project.build.shim(project.libtorch)
    assert "fast.cpp" in capfd.readouterr().err
    monkeypatch.setenv("TORCHFFI_FASTPATH", "0")
    plain = project.build.shim(project.libtorch)
    lines = capfd.readouterr().err
    assert "fast.cpp" not in lines
    assert "(unchanged)" not in lines  # no object of the one is an object of the other
    expected = [Path(project.paths.cached_shim("2.99.1", kind)) for kind in (True, False)]
    assert [fast, plain] == expected
    for library, value in ((fast, 1), (plain, 0)):
        described = sidecar.read(library)
        assert described is not None
        assert described.fastpath == bool(value)
        assert ctypes.CDLL(str(library)).rt_torch_one() == value


def test_another_value_of_torchffi_fastpath_is_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCHFFI_FASTPATH", "no")
    with pytest.raises(project.error, match="TORCHFFI_FASTPATH is 'no', expected 0 or 1"):
        project.build.shim(project.libtorch)


def test_an_error_shows_the_message_of_the_compiler(project: Project) -> None:
    project.write(
        "operators/one.cpp", '#include "exports.h"\nint64_t rt::one() { return planted; }\n'
    )
    with pytest.raises(project.error, match=r"one\.cpp:2:.*error: .planted. was not"):
        project.build.shim(project.libtorch)
    assert not os.path.exists(project.paths.cached_shim("2.99.1"))


def test_a_function_that_is_declared_and_not_defined_does_not_link(project: Project) -> None:
    project.write("operators/two.cpp", "")
    with pytest.raises(project.error, match=r"undefined reference to .rt::last_error"):
        project.build.shim(project.libtorch)


def test_a_warning_is_shown(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    project.write(
        "operators/one.cpp", '#include "exports.h"\nint64_t rt::one() { int unused; return 1; }\n'
    )
    project.build.shim(project.libtorch)
    assert "unused variable" in capfd.readouterr().err


@pytest.mark.parametrize(("variable", "build"), [("CXX", "shim"), ("CC", "stub")])
def test_a_compiler_that_does_not_exist_is_one_clear_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str, build: str
) -> None:
    monkeypatch.setenv(variable, "no-such-compiler -O3")
    with pytest.raises(project.error) as caught:
        project.build.shim(project.libtorch) if build == "shim" else project.build.stub()
    assert str(caught.value).startswith(f"{variable}=no-such-compiler -O3 is not a program: set")
    assert "\n" not in str(caught.value)


def test_a_machine_without_a_compiler_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(compiler.CompilerError, match=r"no C\+\+ compiler .* install one") as caught:
        compiler.command("CXX")
    assert "\n" not in str(caught.value)


def test_the_given_compiler_is_the_one_that_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexec c++ "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CXX", f"{wrapper} -DPLANTED")
    project.build.shim(project.libtorch)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert sum("-c" in call.split() for call in calls) == 3
    assert all("-DPLANTED" in call for call in calls)


def test_a_libtorch_without_headers_is_named(project: Project) -> None:
    bare = libtorch.LibTorch(**{**vars(project.libtorch), "version": "", "include_dirs": ()})
    with pytest.raises(project.error, match="has no headers"):
        project.build.shim(bare)


def test_the_stub_has_its_own_place_and_no_libtorch_version(project: Project) -> None:
    library = project.build.stub()
    assert library.parent.parent.name == "stub"
    described = sidecar.read(library)
    assert described is not None
    assert described.libtorch_version == ""


def test_a_build_is_written_to_the_given_path(project: Project, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere/librt_torch.so"
    assert project.build.shim(project.libtorch, target) == target
    assert sorted(path.name for path in target.parent.iterdir()) == [
        "librt_torch.so",
        "librt_torch.so.built",
    ]


def test_a_build_works_without_a_writable_cache(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    target = tmp_path / "elsewhere/librt_torch.so"
    project.build.shim(project.libtorch, target)
    assert target.exists()


def test_objects_unused_for_a_month_are_removed(project: Project) -> None:
    project.build.shim(project.libtorch)
    folder = Path(project.paths.cache(), "objects")
    old = folder / "old.o"
    old.touch()
    os.utime(old, (time.time() - 31 * 86400,) * 2)
    project.build.shim(project.libtorch)
    assert not old.exists()
    assert len(list(folder.glob("*.o"))) == 3


def test_an_object_whose_source_changed_during_the_build_is_not_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrapper = tmp_path / "wrapper"
    edit = f'case "$*" in *one.cpp*) echo "// edited" >> {project.folder}/operators/one.cpp;; esac'
    wrapper.write_text(f'#!/bin/sh\nc++ "$@" || exit\n{edit}\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("CXX", str(wrapper))
    with pytest.raises(
        project.error, match=r"one\.cpp or a header changed during the build; build again"
    ):
        project.build.shim(project.libtorch)
    assert not list(Path(project.paths.cache()).glob("objects/one-*"))


def test_a_cache_home_that_is_not_absolute_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/somewhere")
    assert paths.cache() == "/somewhere/.cache/torchffi"


def test_headers_of_the_system_are_not_named_to_the_compiler(project: Project) -> None:
    # -isystem /usr/include would break #include_next in the C++ headers.
    system = libtorch.LibTorch(**{**vars(project.libtorch), "include_dirs": ("/usr/include",)})
    assert project.build.shim(system).exists()
