"""shim/build/, with sources and a LibTorch so small that a build takes one second."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shim.build import compiler, libtorch, paths, sidecar
from tests.installations import ROOT, imitate_libtorch

HEADER = """
#ifndef RT_TORCH_H
#define RT_TORCH_H
#include <stdint.h>
#ifndef RT_TORCH_API
#define RT_TORCH_API __attribute__((visibility("default")))
#endif
#ifdef __cplusplus
extern "C" {
#endif
enum { RT_TORCH_OK = 0, RT_TORCH_UNAVAILABLE = 9, RT_TORCH_ERROR_BYTES = 4096 };
/** @return 1 or more; -1 on failure */
RT_TORCH_API int64_t rt_torch_one(void);
/** @return a code. Never fails */
RT_TORCH_API int32_t rt_torch_last_error(char *text, int64_t capacity);
#ifdef __cplusplus
}
#endif
#endif
"""
GUARD = """
#pragma once
#include <cstdint>
namespace rt {
template <class Return, class Body>
Return guard(const char *, Return, Body &&body) noexcept { return body(); }
}
"""
TWO = '#include "exports.h"\nint32_t rt::last_error(char *, int64_t) { return 0; }\n'


class Project:
    """A copy of shim/ with two functions, one in each source file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "tinyshim"
        for room in ("build", "runtime", "operators", "fastpath"):
            (self.folder / room).mkdir(parents=True)
        for path in (ROOT / "shim").glob("**/*.py"):
            (self.folder / path.relative_to(ROOT / "shim")).symlink_to(path)
        self.write("rt_torch.h", HEADER)
        self.write("runtime/guard.h", GUARD)
        self.write("operators/one.cpp", '#include "exports.h"\nint64_t rt::one() { return 1; }\n')
        self.write("operators/two.cpp", TWO)
        root = imitate_libtorch(folder / "lib torch", "2.99.1")
        found, _ = libtorch._inspect(root, "a test")
        assert found is not None
        self.libtorch = found
        self.build: Any = self.load("build")
        self.paths: Any = self.load("paths")
        self.error: type[Exception] = self.load("compiler").CompilerError

    def load(self, name: str) -> ModuleType:
        return importlib.import_module(f"tinyshim.build.{name}")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("CXX", "CC", "TORCHFFI_FASTPATH"):
        monkeypatch.delenv(variable, raising=False)
    yield Project(tmp_path)
    for name in [name for name in sys.modules if name.startswith("tinyshim")]:
        del sys.modules[name]


def test_a_build_is_in_the_cache_with_a_matching_sidecar(project: Project) -> None:
    library = project.build.shim(project.libtorch)
    assert library == project.paths.cached_shim("2.99.1")
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
    assert [fast, plain] == [project.paths.cached_shim("2.99.1", kind) for kind in (True, False)]
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
    assert not project.paths.cached_shim("2.99.1").exists()


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
    bare = project.libtorch._replace(version="", include_dirs=())
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
        "librt_torch.so.json",
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
    folder = project.paths.cache() / "objects"
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
    assert not list(project.paths.cache().glob("objects/one-*"))


def test_a_cache_home_that_is_not_absolute_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/somewhere")
    assert paths.cache() == Path("/somewhere/.cache/torchffi")


def test_headers_of_the_system_are_not_named_to_the_compiler(project: Project) -> None:
    # -isystem /usr/include would break #include_next in the C++ headers.
    system = project.libtorch._replace(include_dirs=(Path("/usr/include"),))
    assert project.build.shim(system).exists()


class TestSidecar:
    """The JSON file of a library."""

    def test_one_flipped_byte_is_seen(self, project: Project) -> None:
        library = project.build.stub()
        content = bytearray(library.read_bytes())
        content[len(content) // 2] ^= 1
        library.write_bytes(content)
        assert "SHA-256 differs" in sidecar.damage(library, sidecar.read(library))

    def test_another_size_is_seen(self, project: Project) -> None:
        library = project.build.stub()
        with library.open("ab") as file:
            file.write(b"x")
        assert "bytes, not the" in sidecar.damage(library, sidecar.read(library))

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"size": 1}', "null"])
    def test_one_that_cannot_be_read_is_none(self, tmp_path: Path, text: str) -> None:
        library = tmp_path / "librt_torch.so"
        sidecar.path_of(library).write_text(text)
        assert sidecar.read(library) is None

    def test_it_is_plain_json(self, project: Project) -> None:
        library = project.build.stub()
        fields = json.loads(library.with_name("librt_torch.so.json").read_text())
        assert list(fields) == [
            "size",
            "sha256",
            "header_digest",
            "source_digest",
            "libtorch_version",
            "fastpath",
        ]
