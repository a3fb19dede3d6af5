"""TorchScript modules compute what PyTorch computes from the same file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.models.scripts import (
    Point,
    Recurrent,
    Transposed,
    bits,
    quiet,
    reference,
    save,
    to_torch,
)
from torchffi._libtorch.loader import lib

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("ffi_backend")

Files = dict[str, Path]
RNG = np.random.default_rng(11)


def tensor(*shape: int, dtype: Any = t.float32) -> t.Tensor:
    return t.astype(t.asarray(RNG.standard_normal(shape) * 4), dtype)


def compare(path: Path, method: str, *arguments: Any, **named: Any) -> Any:
    """Calls a method here and in PyTorch; returns the result here."""
    ours, theirs = t.jit.load(path), reference(path)
    with torch.no_grad():
        expected = getattr(theirs, method)(
            *map(to_torch, arguments), **{name: to_torch(one) for name, one in named.items()}
        )
        result = getattr(ours, method)(*arguments, **named)
    assert bits(result) == bits(expected)
    return result


@pytest.mark.parametrize("batch", [1, 2, 33])
def test_an_mlp(files: Files, batch: int) -> None:
    compare(files["mlp"], "forward", tensor(batch, 8))


def test_a_cnn_with_batch_norm(files: Files) -> None:
    compare(files["cnn"], "forward", tensor(2, 3, 16, 16))


@pytest.mark.parametrize("name", ["float64", "float16", "bfloat16", "int64", "int32", "uint8"])
def test_dtypes(files: Files, name: str) -> None:
    compare(files[name], "forward", tensor(3, 4, dtype=getattr(t.dtypes, name)))


def test_control_flow(files: Files) -> None:
    compare(files["values"], "steps", tensor(4))
    compare(files["values"], "steps", tensor(4), 1e6)


def test_tuples_dicts_and_lists_as_results(files: Files) -> None:
    result = compare(files["values"], "several", tensor(3, 2))
    assert list(result[1]) == ["double", "b"]


def test_defaults_and_arguments_by_name(files: Files) -> None:
    x = tensor(3)
    compare(files["values"], "plain", x)
    compare(files["values"], "plain", x, "é", 5, True, 2 - 1j)
    compare(files["values"], "plain", x, flag=True, k=-1)
    compare(files["values"], "plain", z=3j, x=x)
    compare(files["values"], "by_name", x, offset=1, power=3)


def test_nested_values_in_both_directions(files: Files) -> None:
    a = {"p": [(tensor(2), 1), (tensor(3), -2)], "q": []}
    compare(files["values"], "nested", a)
    compare(files["values"], "nested", a, {4: 0.25})
    compare(files["values"], "nested", {}, b=None)


def test_lists_of_every_kind(files: Files) -> None:
    x = [tensor(2), None]
    compare(files["values"], "lists", [1, 2], [1.5, 2.5], [True, False], ["a", ""], x)
    compare(files["values"], "lists", [], [], [], [], [])
    module = t.jit.load(files["values"])
    assert module.lists((1, 2), (1, 2.5), [True], ("a",), ())[:2] == ([2, 1], [2.5, 1.0])


def test_named_tuples(files: Files) -> None:
    result = compare(files["values"], "point", Point(tensor(2), 3.0))
    assert (type(result).__name__, result._fields, result.scale) == (
        "NamedTuple",
        ("x", "scale"),
        4.0,
    )


@pytest.mark.parametrize("value", [3, "text", [1, 2, 3]])
def test_unions(files: Files, value: Any) -> None:
    compare(files["values"], "either", value)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -1.5, 2j, "text", [1, 2], [1.5], [True], ["a"], (1, "a", None), [(1, 2), (3, 4)],
        {"a": 1, "b": 2}, {1: [2.0]}, [[1], [2, 3]],
    ],
)  # fmt: skip
def test_any(files: Files, value: Any) -> None:
    compare(files["values"], "anything", value)


def test_any_of_tensors(files: Files) -> None:
    compare(files["values"], "anything", {"a": [tensor(2), tensor(3)], "b": [tensor(1)]})


def test_empty_containers(files: Files) -> None:
    compare(files["values"], "empty", [], {}, ())


def test_devices_and_dtypes_as_arguments(files: Files) -> None:
    made, device = t.jit.load(files["values"]).made("cpu", t.float64)
    assert (made.dtype, made.tolist(), device) == (t.float64, [1.0, 1.0], "cpu")


def test_a_module_that_changes_itself(files: Files) -> None:
    ours, theirs = t.jit.load(files["counter"]), reference(files["counter"])
    for _ in range(3):
        x = tensor(3)
        assert bits(ours(x)) == bits(theirs(to_torch(x)))
    assert bits(ours.total) == bits(theirs.total)
    ours.reset()
    assert ours(t.ones(3))[1:] == (1, [1])


def test_numpy_tensors_are_lent(files: Files) -> None:
    array = RNG.standard_normal((2, 8)).astype(np.float32)
    with t.use_backend("numpy"):
        x = t.from_numpy(array)
    assert x.backend == "numpy"
    result = t.jit.load(files["mlp"])(x)
    with torch.no_grad():
        assert bits(result) == bits(reference(files["mlp"])(torch.from_numpy(array)))
    assert t.jit.load(files["values"]).forward(x).numpy().ctypes.data == array.ctypes.data


def test_an_argument_that_a_method_changes_has_its_new_shape(tmp_path: Path) -> None:
    x = t.zeros((2, 3))
    assert x.shape == (2, 3)
    t.jit.load(save(Transposed(), tmp_path / "x.pt"))(x)
    assert (x.shape, x.tolist()) == ((3, 2), [[1.0, 1.0]] * 3)


def test_names_and_tensors(files: Files) -> None:
    for name in ("mlp", "cnn", "counter"):
        ours, theirs = t.jit.load(files[name]), reference(files[name])
        assert bits(ours.state_dict()) == bits(dict(theirs.state_dict()))
        assert list(ours.state_dict()) == list(theirs.state_dict())
        assert [*map(bits, ours.named_parameters())] == [*map(bits, theirs.named_parameters())]
        assert [*map(bits, ours.named_buffers())] == [*map(bits, theirs.named_buffers())]
        assert [*map(bits, ours.parameters())] == [*map(bits, theirs.parameters())]
        assert [*map(bits, ours.buffers())] == [*map(bits, theirs.buffers())]


def test_shared_parameters_are_listed_once(tmp_path: Path) -> None:
    shared = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    shared[1].weight = shared[0].weight
    path = save(shared, tmp_path / "shared.pt")
    ours, theirs = t.jit.load(path), reference(path)
    assert [name for name, _ in ours.named_parameters()] == [
        n for n, _ in theirs.named_parameters()
    ]
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_tensors_share_the_memory_of_the_module(files: Files) -> None:
    module, x = t.jit.load(files["mlp"]), tensor(1, 8)
    for parameter in module.parameters():
        parameter.numpy()[...] = 0
    assert module(x).tolist() == [[0.0] * 4]
    kept = module.state_dict()["layers.3.bias"]
    del module
    assert kept.tolist() == [0.0] * 4


def test_training_mode(files: Files) -> None:
    module = t.jit.load(files["mlp"])
    x = t.ones((1, 8))
    assert module.training is False
    assert module.train() is module
    assert module.training is True
    assert len({str(module(x).tolist()) for _ in range(8)}) > 1  # dropout
    assert module.eval().training is False
    assert len({str(module(x).tolist()) for _ in range(8)}) == 1
    assert module.to("cpu") is module


def test_a_file_saved_in_training_mode(tmp_path: Path) -> None:
    path = save(torch.nn.Dropout(0.5), tmp_path / "dropout.pt", training=True)
    assert t.jit.load(path).training is True


def test_saving(files: Files, tmp_path: Path) -> None:
    module, x = t.jit.load(files["counter"]), tensor(3)
    module(x)
    path = tmp_path / "saved.pt"
    for _ in range(2):  # replaces the file
        module.save(path)
    assert [one.name for one in tmp_path.iterdir()] == ["saved.pt"]
    theirs, again = reference(path), t.jit.load(path)
    assert bits(again(x)) == bits(theirs(to_torch(x))) == bits(module(x))


def test_file_objects(files: Files) -> None:
    x = tensor(2, 8)
    expected = bits(t.jit.load(files["mlp"])(x))
    data = files["mlp"].read_bytes()
    assert bits(t.jit.load(io.BytesIO(data))(x)) == expected
    with open(files["mlp"], "rb") as file:
        assert bits(t.jit.load(file)(x)) == expected
    assert bits(t.jit.load(str(files["mlp"]), "cpu")(x)) == expected


def test_freezing(files: Files) -> None:
    x = tensor(2, 3, 16, 16)
    module, theirs = t.jit.load(files["cnn"]), reference(files["cnn"])
    for numerics in (True, False):
        frozen = t.jit.freeze(module, optimize_numerics=numerics)
        expected = quiet(lambda: torch.jit.freeze(theirs, optimize_numerics=numerics))  # noqa: B023
        with torch.no_grad():
            assert bits(frozen(x)) == bits(expected(to_torch(x)))
        assert [*frozen.parameters()] == []
    assert len([*module.parameters()]) == 6  # the original is as it was


def test_freezing_keeps_other_methods_and_attributes(files: Files) -> None:
    module = t.jit.load(files["values"])
    frozen = t.jit.freeze(module, ["steps"])
    assert len(module.methods()) > len(frozen.methods()) == 2
    x = tensor(4)
    assert bits(frozen.steps(x)) == bits(module.steps(x))


def test_optimizing_for_inference(files: Files) -> None:
    x = tensor(2, 3, 16, 16)
    optimized = t.jit.optimize_for_inference(t.jit.load(files["cnn"]))
    theirs = quiet(lambda: torch.jit.optimize_for_inference(reference(files["cnn"])))
    with torch.no_grad():
        assert bits(optimized(x)) == bits(theirs(to_torch(x)))
    again = t.jit.optimize_for_inference(optimized)
    assert again(x).shape == (2, 5)


def test_names_of_the_module(files: Files) -> None:
    module = t.jit.load(files["values"])
    assert (
        'plain(Tensor x, str name="a, b", int k=2, bool flag=False, complex z=0.+1.j)'
        in "".join(module.methods())
    )
    assert {"steps", "forward", "state_dict"} <= set(dir(module))
    assert "forward(Tensor x) -> Tensor" in repr(module)
    assert isinstance(module, t.jit.ScriptModule)


def test_a_module_is_a_handle_of_its_own_kind(files: Files) -> None:
    module = t.jit.load(files["mlp"])
    assert module._data >> 26 & 31 == lib.RT_TORCH_MODULE
    assert t.ones(1)._data >> 26 & 31 < 16  # type: ignore[attr-defined]
    assert lib.rt_torch_relu(module._data) == 0
    assert lib.rt_torch_module_train(t.ones(1)._data, 0) == -1  # type: ignore[attr-defined]
    assert lib.rt_torch_tensor_free(module._data) == -1
    assert module(t.ones((1, 8))).shape == (1, 4)


def test_quantized_recurrent_attention_and_traced_modules(tmp_path: Path) -> None:
    linear = torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.ReLU())
    modules = {
        "quantized": lambda: torch.ao.quantization.quantize_dynamic(
            linear, {torch.nn.Linear}, dtype=torch.qint8
        ),
        "recurrent": Recurrent,
        "attention": lambda: torch.nn.TransformerEncoderLayer(16, 2, 32, batch_first=True),
    }
    x = tensor(2, 5, 16)
    for name, make in modules.items():
        path = save(quiet(make), tmp_path / f"{name}.pt")
        with torch.no_grad():
            assert bits(t.jit.load(path)(x)) == bits(reference(path)(to_torch(x)))
    traced = quiet(lambda: torch.jit.trace(linear.eval(), to_torch(x)))
    quiet(lambda: torch.jit.save(traced, str(tmp_path / "traced.pt")))
    with torch.no_grad():
        assert bits(t.jit.load(tmp_path / "traced.pt")(x)) == bits(traced(to_torch(x)))
