"""Programs that are not run: another version or kind, hostile, damaged."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import torchffi
from torchffi._export import expressions, structure
from torchffi.errors import FileFormatError, NotSupportedError

Exported = Callable[[str], Path]
MODEL = "models/model.json"


def changed(
    path: Path, target: Path, change: Callable[[dict[str, Any]], None], member: str = MODEL
) -> Path:
    """A copy of an archive with a JSON member that is changed."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith(member):
                content = json.loads(data)
                change(content)
                data = json.dumps(content).encode()
            copy.writestr(name, data)
    return target


def _graph(program: dict[str, Any]) -> dict[str, Any]:
    return program["graph_module"]["graph"]


def _target(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda program: _graph(program)["nodes"][0].update(target=name)


def _delete(*path: Any) -> Callable[[dict[str, Any]], None]:
    def delete(program: dict[str, Any]) -> None:
        at: Any = program
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]

    return delete


def _twice(program: dict[str, Any]) -> None:
    nodes = _graph(program)["nodes"]
    nodes.append(nodes[-1])


def _deep(levels: int) -> Callable[[dict[str, Any]], None]:
    """Lists in lists as the structure of the outputs."""
    inner = '{"type": "builtins.list", "context": "null", "children_spec": ['
    leaf = '{"type": null, "context": null, "children_spec": []}'
    text = f"[1, {inner * levels}{leaf}{']}' * levels}]"
    return lambda p: p["graph_module"]["module_call_graph"][0]["signature"].update(out_spec=text)


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], type[Exception], str]] = {
    "major 7": (
        lambda p: p["schema_version"].update(major=7),
        NotSupportedError,
        "schema version 7",
    ),
    "major 9": (
        lambda p: p["schema_version"].update(major=9),
        NotSupportedError,
        "schema version 9",
    ),
    "no version": (_delete("schema_version"), FileFormatError, "no schema_version"),
    "from_file": (_target("torch.ops.aten.from_file.default"), NotSupportedError, "may not call"),
    "module": (_target("torch.ops.os.system.__call__"), NotSupportedError, "os::system.__call__"),
    "path": (_target("torch.ops.os.path.join"), NotSupportedError, "os::path.join"),
    "registry": (
        _target("torch.ops.registry.load_library.default"),
        NotSupportedError,
        "registry::load_",
    ),
    "system": (_target("os.system"), NotSupportedError, "not in this LibTorch: os.system"),
    "dunder": (_target("_operator.__class__"), NotSupportedError, "_operator.__class__"),
    "attribute": (_target("torch.ops.aten.add.__call__"), NotSupportedError, "aten::add.__call__"),
    "private": (_target("torch.ops.aten.add._operator"), NotSupportedError, "aten::add._operator"),
    "higher": (
        _target("torch.ops.higher_order.flex_attention"),
        NotSupportedError,
        "flex_attention",
    ),
    "no nodes": (_delete("graph_module", "graph", "nodes"), FileFormatError, "'nodes'"),
    "no name": (_delete("graph_module", "graph", "inputs", 0), FileFormatError, "damaged"),
    "a value twice": (_twice, FileFormatError, "defined twice"),
    "other outputs": (_deep(50), FileFormatError, "3 values for 1 places"),
    "too deep": (_deep(100_000), FileFormatError, "damaged"),
    "a list": (lambda p: p.update(graph_module=[]), FileFormatError, "damaged"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_changed_programs_are_refused_by_name(
    case: str, exported: Exported, tmp_path: Path
) -> None:
    change, error, message = CHANGES[case]
    path = changed(exported("shapes"), tmp_path / "changed.pt2", change)
    with pytest.raises(error, match=message) as found:
        program = torchffi.export.load(path)
        program(torchffi.ones((5, 4)), torchffi.ones((5, 4)))
    assert str(found.value).startswith(str(path))


def test_a_weight_beyond_its_bytes_is_refused(exported: Exported, tmp_path: Path) -> None:
    def grow(config: dict[str, Any]) -> None:
        config["config"]["a.weight"]["tensor_meta"]["sizes"][0] = {"as_int": 2**40}

    path = changed(
        exported("nested"), tmp_path / "p.pt2", grow, "weights/model_weights_config.json"
    )
    with pytest.raises(FileFormatError, match=r"a\.weight: shape .* needs"):
        torchffi.export.load(path)


@pytest.mark.parametrize("field", ["use_pickle", "dtype"])
def test_weights_of_other_kinds_are_refused(field: str, exported: Exported, tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        entry = config["config"]["a.weight"]
        if field == "dtype":
            entry["tensor_meta"]["dtype"] = 29
        else:
            entry["use_pickle"] = True

    path = changed(
        exported("nested"), tmp_path / "p.pt2", change, "weights/model_weights_config.json"
    )
    with pytest.raises(
        NotSupportedError, match=r"a\.weight: (a pickled object|dtype float8_e4m3fn)"
    ):
        torchffi.export.load(path)


def test_programs_of_earlier_versions_are_named(tmp_path: Path) -> None:
    """torch.export.save wrote this member until PyTorch 2.7."""
    path = tmp_path / "old.pt2"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/serialized_exported_program.json", "{}")
    with pytest.raises(FileFormatError, match=r"before 2\.8; load it there, and save it with 2\.8"):
        torchffi.export.load(path)


def test_another_model_name_lists_those_there_are(exported: Exported) -> None:
    with pytest.raises(
        FileFormatError, match=r"models/other\.json is missing; its programs are model"
    ):
        torchffi.export.load(exported("shapes"), model="other")


def test_autocast_is_refused(tmp_path: Path) -> None:
    class Module(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return x @ x

    program = torch.export.export(Module(), (torch.ones(2, 2),))
    torch.export.save(program, tmp_path / "p.pt2")
    with pytest.raises(NotImplementedError, match="autocast"):
        torchffi.export.load(tmp_path / "p.pt2")(torchffi.ones((2, 2)))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "L.__class__",
        "(lambda: 1)()",
        "[x for x in range(10)]",
        "open('/etc/passwd')",
        "Symbol.__init__('s0')",
        "max(*L['x'])",
        "f'{L}'",
        "(" * 3000 + "1" + ")" * 3000,
        "1 +",
        "9" * 20_000,
    ],
)
def test_expressions_run_no_code(text: str) -> None:
    with pytest.raises(NotSupportedError):
        expressions.compile_expression(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Add(Mul(Integer(2), Symbol('s0', integer=True)), Integer(-1))", 13),
        ("FloorDiv(Symbol('s0', positive=True, integer=True), Integer(2))", 3),
        ("Max(1, s0) - Min(s0, 2)" .replace("s0", "Symbol('s0')"), 5),
        ("Mod(Symbol('s0'), 4) == 3", True),
        ("2 < Symbol('s0') <= 7 and not Symbol('s0') == 8", True),
        ("-Symbol('s0') // 2 + math.ceil(Symbol('s0') / 2)", 0),
        ("Pow(Symbol('s0'), Integer(2))", 49),
    ],
)  # fmt: skip
def test_expressions_compute(text: str, value: int) -> None:
    assert expressions.compile_expression(text)({"s0": 7}) == value


def test_expressions_are_shown_as_people_write_them() -> None:
    text = "Mul(Integer(2), Add(Symbol('s0', integer=True), Integer(-1)))"
    assert expressions.shown(text) == "2*(s0 + -1)"
    assert expressions.shown("FloorDiv(Symbol('s1'), Max(2, 3))") == "s1//Max(2, 3)"


def test_structures_of_unknown_classes_are_dicts() -> None:
    """As those of dataclasses and of transformers, whose context is the names of the fields."""
    leaf = {"type": None, "context": None, "children_spec": []}
    spec = {"type": "transformers.Output", "context": '["a", "b"]', "children_spec": [leaf, leaf]}
    assert structure.parse(json.dumps([1, spec]), {}).unflatten(iter([1, 2])) == {"a": 1, "b": 2}
    spec["context"] = '[["a"], "b"]'
    with pytest.raises(NotSupportedError, match=r"transformers\.Output"):
        structure.parse(json.dumps([1, spec]), {})
