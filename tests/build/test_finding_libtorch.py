"""Finding a LibTorch: LIBTORCH, the installed packages, what is loaded already."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from shim.build import libtorch
from tests.installations import imitate_libtorch


class TestLibTorch:
    """Finding a LibTorch."""

    def test_libtorch_variable_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = imitate_libtorch(tmp_path / "x", "9.8.7")
        monkeypatch.setenv("LIBTORCH", str(root))
        search = libtorch.find()
        assert search.libtorch is not None
        assert search.libtorch.version == "9.8.7"
        assert search.libtorch.source == "LIBTORCH"
        assert search.probes == [(str(root), "LIBTORCH: LibTorch 9.8.7")]

    @pytest.mark.parametrize("create", [False, True])
    def test_a_wrong_libtorch_variable_ends_the_search(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, create: bool
    ) -> None:
        root = tmp_path / "wrong"
        if create:
            root.mkdir()
        monkeypatch.setenv("LIBTORCH", str(root))
        search = libtorch.find()
        assert search.libtorch is None
        assert len(search.probes) == 1
        assert search.reason.startswith(f"LIBTORCH={root} is not a LibTorch")
        assert "unset it" in search.reason

    def test_an_imported_torch_comes_before_the_packages(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = imitate_libtorch(tmp_path / "torch", "9.8.7")
        monkeypatch.delenv("LIBTORCH", raising=False)
        torch = SimpleNamespace(__file__=str(root / "__init__.py"))
        monkeypatch.setitem(sys.modules, "torch", torch)
        found = libtorch.find().libtorch
        assert found is not None
        assert found.root == str(root)

    def test_the_module_path_is_searched_without_an_import(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = imitate_libtorch(tmp_path / "torch", "9.8.7")
        (root / "__init__.py").write_text("raise SystemExit('torch was imported')")
        monkeypatch.delenv("LIBTORCH", raising=False)
        monkeypatch.delitem(sys.modules, "torch", raising=False)
        monkeypatch.setattr(
            "sysconfig.get_path", lambda scheme, expand=True: str(tmp_path / "nothing")
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        found = libtorch.find().libtorch
        assert found is not None
        assert (found.root, found.source) == (str(root), "the module path")

    def test_headers_of_older_versions_are_read_too(self, tmp_path: Path) -> None:
        root = imitate_libtorch(tmp_path / "x", "2.4.1")
        old = root / "include/torch/csrc/api/include/torch/version.h"
        old.parent.mkdir(parents=True)
        (root / "include/torch/headeronly/version.h").rename(old)
        found, outcome = libtorch._inspect(str(root), "a test")
        assert found is not None
        assert found.version == "2.4.1"
        assert outcome == "LibTorch 2.4.1"

    def test_a_library_that_is_in_the_process_is_found(self) -> None:
        import _cffi_backend

        path = Path(_cffi_backend.__file__)
        assert libtorch.loaded(path.name) == str(path)
        assert libtorch.loaded("no_such_library.so") is None
