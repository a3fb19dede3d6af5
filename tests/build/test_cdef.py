"""Tier 2: the committed cdef, and a binding that cannot differ from the header unnoticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cffi
import pytest

from cdef import __main__ as command
from cdef import ffibuilder, generate
from shim.build import header
from tests.support import ROOT

DECLARED = header.read()
ADD = "int64_t rt_torch_tensor_add(int64_t a, int64_t b);"


def compile_binding(cdef_text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(ROOT)
    builder = ffibuilder.build(DECLARED, cdef_text, str(ROOT / "shim"))
    return Path(builder.compile(tmpdir=str(folder)))


def test_the_committed_cdef_is_the_generated_one() -> None:
    done = subprocess.run([sys.executable, "-m", "cdef", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_regenerating_changes_nothing(tmp_path: Path) -> None:
    written = tmp_path / "rt_torch.cdef"
    assert command.main(["--cdef", str(written)]) == 0
    assert written.read_bytes() == command.CDEF.read_bytes()


def test_a_planted_difference_fails_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = tmp_path / "rt_torch.cdef"
    planted.write_text(command.CDEF.read_text().replace(ADD, ADD.replace("int64_t b", "int32_t b")))
    assert command.main(["--check", "--cdef", str(planted)]) == 1
    output = capsys.readouterr()
    assert f"+{ADD}" in output.out
    assert "-int64_t rt_torch_tensor_add(int64_t a, int32_t b);" in output.out
    assert "python -m cdef" in output.err
    assert "int32_t b" in planted.read_text(), "--check must not write"


def test_a_changed_comment_in_the_header_fails_the_check(tmp_path: Path) -> None:
    changed = tmp_path / "rt_torch.h"
    changed.write_text(header.PATH.read_text() + "/* planted */\n")
    assert command.main(["--check", "--header", str(changed)]) == 1


def test_an_absent_cdef_fails_the_check(tmp_path: Path) -> None:
    assert command.main(["--check", "--cdef", str(tmp_path / "none")]) == 1


def test_a_header_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    undocumented = tmp_path / "rt_torch.h"
    undocumented.write_text("RT_TORCH_API int rt_torch_x(void);")
    assert command.main(["--header", str(undocumented)]) == 1
    assert capsys.readouterr().err.startswith("cdef: rt_torch_x has no documentation")


def test_the_binding_compiles_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    compile_binding(generate.cdef(DECLARED), tmp_path, monkeypatch)
    assert "warning" not in capfd.readouterr().err


def test_the_committed_cdef_is_what_a_build_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    source = ffibuilder.ffibuilder()._assigned_source[1]
    assert DECLARED.digest in source


@pytest.mark.parametrize(
    "wrong",
    [
        "int32_t rt_torch_tensor_add(int64_t a, int64_t b);",
        "int64_t rt_torch_tensor_add(int64_t a, int32_t b);",
        "int64_t rt_torch_tensor_add(int64_t a);",
    ],
)
def test_a_planted_wrong_prototype_does_not_compile(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    wrong: str,
) -> None:
    text = generate.cdef(DECLARED).replace(ADD, wrong)
    with pytest.raises(cffi.VerificationError):
        compile_binding(text, tmp_path, monkeypatch)
    assert "conflicting types for 'rt_torch_tensor_add'" in capfd.readouterr().err.replace(
        "\N{LEFT SINGLE QUOTATION MARK}", "'"
    ).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def test_an_outdated_cdef_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outdated = tmp_path / "rt_torch.cdef"
    outdated.write_text(command.CDEF.read_text().replace(DECLARED.digest, "0" * 64))
    monkeypatch.setattr(ffibuilder, "CDEF", outdated)
    with pytest.raises(ValueError, match="python -m cdef"):
        ffibuilder.ffibuilder()


def test_a_cdef_without_a_digest_is_not_built() -> None:
    with pytest.raises(ValueError, match="does not begin with its header's digest"):
        generate.digest_of("int x;")
