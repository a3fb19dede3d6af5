"""A shim is loaded only if nobody but its user and root can have written it."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from shim.build import build, paths, sidecar, trust
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
from tests.installations import Installation

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners")
STRANGER = 54321


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file in two folders."""
    path = tmp_path / "outer" / "inner" / "file"
    path.parent.mkdir(parents=True)
    path.write_text("text")
    for place in (path, path.parent, path.parent.parent):
        place.chmod(0o755)
    return path


def test_a_file_of_this_user_is_trusted(file: Path) -> None:
    assert trust.reason_against(file) == ""
    assert trust.reason_against(file.parent) == ""


@pytest.mark.parametrize("up", [0, 1, 2])
@pytest.mark.parametrize("mode", [0o777, 0o757, 0o775, 0o722])
def test_a_file_or_folder_that_others_can_write_is_refused(file: Path, up: int, mode: int) -> None:
    place = (file, file.parent, file.parent.parent)[up]
    place.chmod(mode)
    if mode == 0o775 and os.geteuid() != 0:
        os.chown(place, -1, next(iter(set(os.getgroups()) - {os.getgid()}), os.getgid()))
    reason = trust.reason_against(file)
    assert f"{place} can be written by " in reason
    assert f"(mode {mode:o}); run: chmod go-w {place}" in reason
    place.chmod(mode & ~0o022)
    assert trust.reason_against(file) == ""


@ROOT_ONLY
@pytest.mark.parametrize("up", [0, 1, 2])
def test_a_file_or_folder_of_another_user_is_refused(file: Path, up: int) -> None:
    place = (file, file.parent, file.parent.parent)[up]
    os.chown(place, STRANGER, -1)
    reason = trust.reason_against(file)
    assert reason == (
        f"{place} belongs to user {STRANGER}, expected 0 or root; run: sudo chown 0 {place}"
    )


@ROOT_ONLY
def test_in_a_sticky_folder_only_files_of_this_user_are_trusted(file: Path) -> None:
    file.parent.chmod(0o1777)
    assert trust.reason_against(file) == ""
    os.chown(file, STRANGER, -1)
    assert f"{file} belongs to user {STRANGER}" in trust.reason_against(file)


@ROOT_ONLY
def test_files_of_root_are_trusted_but_not_in_a_sticky_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.chmod(0o1777)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    assert trust.reason_against(Path("/etc/passwd")) == ""
    assert f"belongs to user 0, expected {STRANGER}; run: " in trust.reason_against(file)


@pytest.mark.parametrize(
    ("name", "members", "user", "private"),
    [
        ("ada", [], STRANGER, True),
        ("ada", ["ada"], STRANGER, True),
        ("ada", ["eve"], STRANGER, False),
        ("users", [], STRANGER, False),
        ("ada", [], 0, False),
    ],
)
def test_a_group_may_write_if_it_is_the_users_own(
    name: str, members: list[str], user: int, private: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone = SimpleNamespace(pw_uid=user, pw_gid=777, pw_name="ada")
    monkeypatch.setattr(pwd, "getpwuid", lambda _: someone)
    monkeypatch.setattr(grp, "getgrgid", lambda _: SimpleNamespace(gr_name=name, gr_mem=members))
    assert trust._is_private(777) == private
    assert not trust._is_private(778)


@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_a_link_is_followed_and_both_of_its_ends_are_checked(file: Path, mode: int) -> None:
    there = file.parent.parent / "there"
    there.mkdir(mode=0o755)
    link = there / "link"
    link.symlink_to("../inner/../inner/file")
    assert trust.reason_against(link) == ""
    file.parent.chmod(mode)
    assert (trust.reason_against(link) == "") == (mode == 0o755)
    file.parent.chmod(0o755)
    there.chmod(mode)
    assert (trust.reason_against(link) == "") == (mode == 0o755)


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OSError, match="symbolic link"):
        trust.reason_against(tmp_path / "link")


def test_a_name_with_spaces_is_quoted_in_the_command(tmp_path: Path) -> None:
    place = tmp_path / "my file"
    place.write_text("text")
    place.chmod(0o666)
    assert f"chmod go-w '{place}'" in trust.reason_against(place)


# ---- The loader


@pytest.mark.parametrize("where", ["the package", "the cache", "the system"])
@pytest.mark.parametrize("wrong", ["file", "folder", "outer folder", "sidecar"])
def test_a_shim_that_others_can_write_is_not_loaded(
    installation: Installation, good: Path, tmp_path: Path, where: str, wrong: str
) -> None:
    outside = tmp_path / "far" / "out" / paths.NAME
    places = {"the package": packaged(installation), "the cache": cached(installation)}
    place = put(good, places.get(where, outside))
    wrongs = {"file": place, "folder": place.parent, "sidecar": Path(sidecar.path_of(place))}
    culprit = wrongs.get(wrong, place.parent.parent)
    culprit.chmod(0o777)
    environment = {"LD_LIBRARY_PATH": outside.parent} if where == "the system" else {}
    info = assert_numpy(
        installation,
        f"{place} is not trusted, because {culprit} can be written by others (mode 777). "
        f"To trust it, run: chmod go-w {culprit}",
        **environment,
    )
    assert BUILD not in info["reason"]
    assert outcomes(info)[str(place)].startswith(f"{where}: is not trusted")
    culprit.chmod(0o755)
    assert installation.info(**environment)["shim_path"] == str(place)


def test_a_good_shim_behind_one_that_is_not_trusted_is_used(
    installation: Installation, good: Path
) -> None:
    put(good, packaged(installation)).chmod(0o777)
    place = put(good, cached(installation))
    assert installation.info()["shim_path"] == str(place)


def test_a_shim_that_the_user_names_is_not_checked(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    place = put(good, tmp_path / "open" / "mine.so", with_sidecar=False)
    place.parent.chmod(0o777)
    info = installation.info(TORCHFFI_SHIM=place)
    assert (info["backend"], info["shim_path"]) == ("ffi", str(place))


SWAP = """
import os
from torchffi._libtorch import loader, loading
real = loading.Loading.open_libtorch
def swapped(*arguments):
    os.replace({other!r}, {place!r})
    return real(*arguments)
loading.Loading.open_libtorch = swapped
import torchffi
print(torchffi.get_backend(), loader.load().shim_path == {place!r}, torchffi.ones(2).tolist())
"""


def test_a_file_that_takes_the_place_of_the_checked_one_is_not_loaded(
    installation: Installation, good: Path, tmp_path: Path
) -> None:
    place, other = put(good, cached(installation)), tmp_path / "other.so"
    other.write_bytes(build.stub().read_bytes())
    done = installation.run("-c", SWAP.format(place=str(place), other=str(other)))
    assert (done.stdout, done.stderr) == ("ffi True [1.0, 1.0]\n", "")


def test_without_proc_the_shim_is_opened_by_its_own_path(
    installation: Installation, good: Path
) -> None:
    place = put(good, cached(installation))
    code = """
from torchffi._libtorch import loader, loading
from torchffi._shim.build import paths
mode = paths.mode
paths.mode = lambda path: 0 if path.startswith("/proc") else mode(path)
opened = []
real = loading._dlopen
loading._dlopen = lambda path, **named: opened.append(str(path)) or real(path, **named)
import torchffi
print(torchffi.get_backend(), opened[-1], loader.load().shim_path)
"""
    assert installation.run("-c", code).stdout == f"ffi {place} {place}\n"


def test_a_library_that_was_closed_is_not_taken_for_the_next_one(
    installation: Installation, good: Path
) -> None:
    # Both are opened by the path of a descriptor, by which the dynamic linker would know them.
    stub = put(build.stub(), packaged(installation), with_sidecar=False)
    place = put(good, cached(installation))
    info = installation.info()
    assert (info["backend"], info["shim_path"]) == ("ffi", str(place))
    assert "is the stub" in outcomes(info)[str(stub)]


# ---- The build


def test_a_build_creates_what_it_would_trust_whatever_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = os.umask(0)
    try:
        built = build.stub()
    finally:
        os.umask(before)
    assert trust.reason_against(built) == ""
    assert trust.reason_against(sidecar.path_of(built)) == ""


def test_objects_in_a_folder_that_others_can_write_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = build._object_store(tmp_path)
    assert store == Path(paths.cache(), "objects")
    store.chmod(0o777)
    assert build._object_store(tmp_path) == tmp_path


def test_libtorch_itself_is_not_checked(bare: Installation, good: Path, tmp_path: Path) -> None:
    root = tmp_path / "libtorch"
    root.mkdir()
    (root / "lib").symlink_to(real_libtorch().library_dir)
    root.chmod(0o777)
    put(good, cached(bare))
    done = bare.run("-c", USES_NUMPY, LIBTORCH=root)
    assert done.stdout == "ffi [2.0, 2.0]\n"
