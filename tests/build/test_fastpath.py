"""The shim without its fast kernels: it is complete, and which of two shims is used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shim.build import build, compiler, paths, sidecar
from tests.build.shims import BUILD, packaged, put, real_libtorch
from tests.installations import ROOT, Installation


def place(library: Path, installation: Installation, fastpath: bool, cached: bool = True) -> Path:
    """Puts a library at the path of one with or without the fast kernels."""
    library_in_cache = Path(paths.cached_shim(real_libtorch().version, fastpath))
    relative = library_in_cache.relative_to(paths.cache())
    target = installation.cache / "torchffi" / relative if cached else packaged(installation)
    put(library, target)
    described = Path(sidecar.path_of(target))
    text = described.read_text()
    described.write_text(text.replace(f"fastpath={not fastpath}", f"fastpath={fastpath}"))
    return target


def test_the_one_with_the_fast_kernels_is_preferred(installation: Installation, good: Path) -> None:
    plain, fast = (place(good, installation, kind) for kind in (False, True))
    info = installation.info()
    assert (info["shim_path"], info["shim_fastpath"]) == (str(fast), True)
    info = installation.info(TORCHFFI_FASTPATH="0")
    assert (info["shim_path"], info["shim_fastpath"]) == (str(plain), False)


def test_the_only_one_is_used_whichever_it_is(installation: Installation, good: Path) -> None:
    plain = place(good, installation, False)
    info = installation.info()
    assert (info["shim_path"], info["shim_fastpath"]) == (str(plain), False)
    table = installation.run("-m", "torchffi", "info").stdout
    assert "fast kernels no" in " ".join(table.split())


def test_the_other_one_is_not_used_where_the_variable_is_set(
    installation: Installation, good: Path
) -> None:
    place(good, installation, False)
    info = installation.info(TORCHFFI_FASTPATH="1")
    assert info["shim_fastpath"] is None
    assert BUILD in info["reason"]
    other = place(good, installation, False, cached=False)
    info = installation.info(TORCHFFI_FASTPATH="1")
    refusal = f"{other} was built with TORCHFFI_FASTPATH=0, but 1 is set"
    assert refusal in info["reason"]


def test_without_a_sidecar_it_is_not_known(installation: Installation, good: Path) -> None:
    put(good, packaged(installation), with_sidecar=False)
    info = installation.info()
    assert (info["backend"], info["shim_fastpath"]) == ("ffi", None)


def test_another_value_is_the_reason_for_numpy(installation: Installation, good: Path) -> None:
    place(good, installation, True)
    info = installation.info(TORCHFFI_FASTPATH="no")
    assert info["backend"] == "numpy"
    assert info["reason"] == "TORCHFFI_FASTPATH is 'no', expected 0 or 1"


@pytest.mark.slow
def test_the_shim_is_whole_without_its_fast_kernels() -> None:
    environment = os.environ | {"TORCHFFI_FASTPATH": "0"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("torchffi", "build")
    assert json.loads(run("torchffi", "info", "--json"))["shim_fastpath"] is False
    run(
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/array/test_small_tensors.py",
        "tests/abi/test_c_abi.py",
    )


def test_no_other_source_needs_the_fast_kernels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the other sources take from fastpath/ is what headers replace in a build without it."""
    linked: list[str] = []

    def run(command: list[str]) -> str:
        if "-shared" not in command:
            return compile_one(command)
        linked.extend(one for one in command if one.endswith(".o"))
        raise compiler.CompilerError("not linked")

    compile_one = compiler.run
    monkeypatch.setattr(compiler, "run", run)
    monkeypatch.setenv("TORCHFFI_FASTPATH", "1")
    with pytest.raises(compiler.CompilerError, match="not linked"):
        build.shim(real_libtorch(), tmp_path / "librt_torch.so")  # all objects are in the cache
    fast = {path.stem for path in (ROOT / "shim" / "fastpath").glob("*.cpp")}
    given, taken = set[str](), set[str]()
    for path in linked:
        kind, names = (
            ("--defined-only", given) if stem(path) in fast else ("--undefined-only", taken)
        )
        listed = subprocess.run(
            ["nm", "--demangle", "--extern-only", kind, "--format=just-symbols", path],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        names |= {line.partition("(")[0] for line in listed.splitlines() if line.startswith("rt::")}
    needed = {name.rpartition("::")[2] for name in given & taken}
    assert {"alias", "origin_of"} < needed
    assert needed - replaced() == set()


def replaced() -> set[str]:
    """The functions that headers define for a build without the fast kernels."""
    found = set[str]()
    for header in (ROOT / "shim").glob("*/*.h"):
        for block in re.findall(
            r"^#if[^\n]*RT_FASTPATH.*?^#else\n(.*?)^#endif",
            header.read_text(),
            re.DOTALL | re.MULTILINE,
        ):
            found |= set(re.findall(r"(\w+)\(", block)) | set(
                re.findall(r"using \w+::(\w+);", block)
            )
    kernels = (ROOT / "shim/operators/kernels.h").read_text()
    assert "namespace structured = at;" in kernels
    table = (ROOT / "shim/runtime/structured.h").read_text()
    return found | set(re.findall(r"(?:ONE|TWO|MORE|REDUCE)\((\w+),", table))


def stem(path: str) -> str:
    """The name of the source of an object in the cache, which has a digest in its name."""
    return Path(path).stem.rpartition("-")[0]
