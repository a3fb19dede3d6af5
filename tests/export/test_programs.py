"""Programs of torch.export: results are those of PyTorch on the same file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils import _pytree as pytree

import torchffi
from tests.export.models import MODELS
from tests.support import ROOT

Exported = Callable[[str], Path]
# It needs lgamma and bfloat16; see test_operators_that_numpy_lacks_are_listed.
ONLY_LIBTORCH = {"dtypes"}
RUNS = [
    *((name, "ffi") for name in MODELS),
    *((name, "numpy") for name in MODELS if name not in ONLY_LIBTORCH),
]


def ours(tree: Any) -> Any:
    """PyTorch's tensors in nested containers as tensors of the current backend."""
    if isinstance(tree, torch.Tensor):
        return torchffi.from_numpy(tree.numpy().copy())
    if isinstance(tree, dict):
        return {key: ours(value) for key, value in tree.items()}
    return type(tree)(map(ours, tree)) if isinstance(tree, (list, tuple)) else tree


def check(found: Any, wanted: Any, tolerance: float) -> None:
    """Compares nested results: types of containers, dtypes, shapes and values of tensors."""
    if isinstance(wanted, torch.Tensor):
        assert str(wanted.dtype) == f"torch.{found.dtype}"
        if found.dtype is torchffi.dtypes.bfloat16:
            found, wanted = found.astype(torchffi.float32), wanted.float()
        a, b = found.numpy(), wanted.detach().numpy()
        assert a.shape == b.shape
        if tolerance:
            np.testing.assert_allclose(a, b, atol=tolerance, rtol=tolerance)
        else:
            np.testing.assert_array_equal(a, b)
    elif isinstance(wanted, dict):
        assert list(found) == list(wanted) and isinstance(found, dict)
        for key, value in wanted.items():
            check(found[key], value, tolerance)
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted)
        if hasattr(wanted, "_fields"):
            assert found._fields == wanted._fields
        elif type(wanted) in (list, tuple):
            assert type(found) is type(wanted)
        for a, b in zip(found, wanted, strict=True):
            check(a, b, tolerance)
    else:
        assert type(found) is type(wanted) and found == wanted


@pytest.mark.parametrize(("name", "backend"), RUNS, indirect=["backend"])
def test_results_are_those_of_pytorch(name: str, exported: Exported, backend: str) -> None:
    path = exported(name)
    reference = torch.export.load(path).module()
    program = torchffi.export.load(path)
    _, first, _, others, named = MODELS[name]
    for arguments in (first, others(), others()):
        wanted = reference(*arguments, **named)
        check(program(*ours(arguments), **ours(named)), wanted, 0 if backend == "ffi" else 1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_state_is_that_of_pytorch(name: str, exported: Exported) -> None:
    path = exported(name)
    reference, program = torch.export.load(path), torchffi.export.load(path)
    check(program.state_dict(), dict(reference.state_dict), 0)
    check(dict(program.named_parameters()), dict(reference.named_parameters()), 0)
    check(dict(program.named_buffers()), dict(reference.named_buffers()), 0)
    assert len(list(program.parameters())) == len(list(reference.parameters()))
    assert set(program.constants) >= set(reference.constants) - set(reference.state_dict)
    ranges = {str(s): (r.lower, r.upper) for s, r in reference.range_constraints.items()}
    assert program.range_constraints.keys() == ranges.keys()
    for symbol, (low, high) in program.range_constraints.items():
        assert low == int(ranges[symbol][0])
        assert high is None or high == int(ranges[symbol][1])


def test_tied_weights_share_memory(exported: Exported) -> None:
    state = torchffi.export.load(exported("generator")).state_dict()
    state["tokens.weight"][0, 0] = 123.0
    assert float(state["head.weight"][0, 0]) == 123.0


def test_a_buffer_counts_the_calls(exported: Exported, backend: str) -> None:
    program = torchffi.export.load(exported("nested"))
    _, first, _, _, named = MODELS["nested"]
    for calls in (1, 2, 3):
        program.module()(*ours(first), **ours(named))
        assert int(program.state_dict()["calls"]) == calls


def test_writes_do_not_reach_the_file(exported: Exported) -> None:
    path = exported("nested")
    before = path.read_bytes()
    program = torchffi.export.load(path)
    program.state_dict()["a.weight"][...] = 0.0
    assert path.read_bytes() == before
    assert float(torchffi.max(torchffi.export.load(path).state_dict()["a.weight"])) != 0


@pytest.mark.parametrize("decompose", [False, True], ids=["training", "inference"])
def test_decomposed_programs_write_their_buffers(
    decompose: bool, tmp_path: Path, backend: str
) -> None:
    """In the inference form of a program the new values of buffers and inputs are outputs."""

    class Writer(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("total", torch.zeros(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.total.add_(x)
            x.mul_(2)
            return self.total + x

    program = torch.export.export(Writer(), (torch.ones(3),))
    if decompose:
        program = program.run_decompositions()
    torch.export.save(program, tmp_path / "writer.pt2")
    found = torchffi.export.load(tmp_path / "writer.pt2")
    x = torchffi.asarray([1.0, 2.0, 3.0])
    assert found(x).tolist() == [3.0, 6.0, 9.0]
    assert x.tolist() == [2.0, 4.0, 6.0]
    assert found.state_dict()["total"].tolist() == [1.0, 2.0, 3.0]
    assert found(x).tolist() == [7.0, 14.0, 21.0]


def test_operators_that_numpy_lacks_are_listed(exported: Exported) -> None:
    with torchffi.use_backend("numpy"), pytest.raises(torchffi.UnavailableError) as error:
        torchffi.export.load(exported("dtypes"))
    assert "aten::lgamma" in str(error.value)


def test_graph_is_shown_as_text(exported: Exported) -> None:
    text = torchffi.export.load(exported("branch")).graph
    assert text.splitlines()[0] == "inputs: x: float32[2, 4], flag: bool[]"
    assert "higher_order.cond(flag, true_graph_0, false_graph_0, [x])" in text
    assert "\n        sin: float32[2, 4] = aten.sin.default(x)" in text
    for name in ("shapes", "dtypes", "nested", "generator"):
        assert torchffi.export.load(exported(name)).graph.startswith("inputs: ")


def test_values_are_freed_after_their_last_use(exported: Exported) -> None:
    program = torchffi.export.load(exported("convolutions"))
    x = torchffi.zeros((64, 3, 32, 32))
    program(x)
    before = torchffi.memory_stats()
    result = program(x)
    after = torchffi.memory_stats()
    assert after["live_handles"] == before["live_handles"] + 1
    assert after["live_bytes"] == before["live_bytes"] + result.nbytes


def test_several_threads_run_one_program(exported: Exported) -> None:
    from concurrent.futures import ThreadPoolExecutor

    program = torchffi.export.load(exported("generator"))
    _, first, _, _, _ = MODELS["generator"]
    given = ours(first)
    wanted = program(*given)[0].numpy()
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: program(*given)[0].numpy(), range(64)):
            np.testing.assert_array_equal(found, wanted)


def test_torch_is_not_imported(exported: Exported) -> None:
    code = f"""
import sys, torchffi
program = torchffi.export.load({str(exported("generator"))!r})
cache = [(torchffi.zeros((1, 4, 3, 12)),) * 2] * 2
logits, cache = program(torchffi.asarray([[1]]), cache)
assert logits.shape == (1, 1, 64) and cache[1][1].shape == (1, 4, 4, 12)
assert "torch" not in sys.modules
assert "libtorch_python" not in open("/proc/self/maps").read()
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_leaves_are_counted() -> None:
    """ours() keeps the structure: the tests above compare what they seem to."""
    tree = ({"a": torch.ones(1)}, [2, torch.zeros(2)])
    assert len(pytree.tree_leaves(ours(tree))) == 3
