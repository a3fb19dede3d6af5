"""What ``python -m torchffi inspect`` tells about packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packages.archives import rewritten
from tests.packages.test_files import _METADATA, _replace
from tests.packages.test_models import load
from torchffi._inspect import inspect

pytestmark = pytest.mark.usefixtures("ffi_backend")


def test_inspect_tells_what_a_model_needs(packages: Path) -> None:
    found = inspect(packages / "relations.pt2")
    assert found["kind"] == "AOTInductor"
    assert found["needs"] == (
        "torchffi.inductor.aoti_load_package(..., trust=True) runs its native code, on LibTorch"
    )
    facts = found["facts"]
    assert facts["inputs"] == [
        "float32[s17, 64]; s17 from 2 to 300", "float32[s17, 16]; s17 from 2 to 300",
        "int64[s17]; s17 from 2 to 300", "float32[8, s32]; s32 at least 2",
        "float32[?, 2]; ? from 2 to 300", "float32[2*s93, 3]; 2*s93 at least 4",
        "float32[s93, 3]; s93 at least 2",
    ]  # fmt: skip
    assert (facts["outputs"], facts["runs here"], facts["models"]) == (["5"], ["yes"], ["model"])
    assert facts["compiled for"][0].startswith("cpu, linux, ")
    rows = {row["name"]: (row["dtype"], row["shape"], row["bytes"]) for row in found["tensors"]}
    assert rows["table"] == ("float32", [300, 16], 300 * 16 * 4)
    assert [*rows] == load(packages / "relations.pt2").get_constant_fqns()


def test_inspect_tells_what_is_wrong(packages: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pt2"
    for changes, text in (
        ({".so": None}, r"no: it has no shared library (.so)"),
        ({_METADATA: _replace('"cpu"', '"cuda"')}, "no: it is for the device cuda; torchffi runs pa"),
        ({_METADATA: _replace('"linux"', '"win32"')}, "no: it is for win32, and this is linux"),
        ({_METADATA: _replace('"AVX512', '"AVX9')}, "no: it needs AVX9, which torchffi does not know"),
    ):  # fmt: skip
        rewritten(packages / "cnn.pt2", path, changes)
        assert inspect(path)["facts"]["runs here"][0].startswith(text)
    rewritten(packages / "cnn.pt2", path, {".wrapper.cpp": None})
    assert inspect(path)["facts"]["inputs"] == [
        "not described: the package has no source; unchecked=True runs it"
    ]
