"""Layers: constructors, parameters, state, text and results are PyTorch's."""

from __future__ import annotations

import inspect
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.nn.layer_cases import CASES as OTHERS
from tests.nn.layers import LAYERS, OF_LIBTORCH, arrays, split

ON_NUMPY = split(LAYERS)
CALLS = ON_NUMPY + split(OF_LIBTORCH)
# Kernels of several operators, or of other libraries, that round in other places.
ROUNDED = ("Softm", "LogSoftmax", "GELU", "Tanhshrink", "GaussianNLL")
# Layers with the draws of LibTorch; on NumPy they have the same distribution only.
DROPS = "Dropout"
# Constructors that differ from PyTorch's, and why.
SIGNATURES = {
    "Sigmoid Tanh Softsign Tanhshrink LogSigmoid": "PyTorch's take any arguments, and refuse them",
    "Linear": "the former spelling Linear(weight, bias) is kept: out_features has a default",
    "Module": "PyTorch's takes any arguments, and refuses them",
    "Parameter": "PyTorch's is a class of tensors",
    "RNN LSTM GRU": "PyTorch's take *args; tests/nn/test_module_layers.py has their names",
    "TransformerEncoderLayer TransformerDecoderLayer Transformer": "activation is our relu",
}
DIFFERENT = {name for names in SIGNATURES for name in names.split()}
CLASSES = [name for name in t.nn.__all__ if isinstance(getattr(t.nn, name), type)]
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*dim:UserWarning", "ignore:.*size_average:UserWarning", "ignore:.*dropout:UserWarning"
)


def made(library: Any, call: str) -> tuple[Any, list[str]]:
    """The layer with new parameters, and the names of its inputs."""
    constructor, _, inputs = call.rpartition(")")
    from_array = library.from_numpy
    given = {name: array for name, array in arrays().items() if name.isupper()}
    names = {"n": library.nn, "p": from_array, "OrderedDict": OrderedDict, **given}
    library.manual_seed(11)
    return eval(f"n.{constructor})", names), inputs.split()


def result(library: Any, layer: Any, names: list[str]) -> Any:
    library.manual_seed(12)
    given = arrays()
    return layer(*(library.from_numpy(given[name].copy()) for name in names))


def tolerance(call: str) -> float:
    return 1e-6 if any(name in call for name in ROUNDED) else 0


def close(found: Any, expected: Any, within: float) -> None:
    a, b = found.numpy(), expected.detach().numpy()
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=within, atol=within)


def test_every_layer_is_tested() -> None:
    text = (
        LAYERS
        + OF_LIBTORCH
        + "ModuleList( ModuleDict( ParameterList( ParameterDict( Module( Parameter( "
        + " ".join(call for call, _ in OTHERS)  # tests/nn/test_module_layers.py
        + "TransformerEncoder( TransformerDecoder( Transformer( "  # tests/nn/test_module_attention.py
    )
    assert [name for name in CLASSES if f"{name}(" not in text] == []


@pytest.mark.parametrize("call", CALLS)
def test_new_layers_are_those_of_pytorch(call: str, ffi_backend: None, torch: Any) -> None:
    (ours, _), (theirs, _) = made(t, call), made(torch, call)
    assert repr(ours) == repr(theirs)
    state, expected = ours.state_dict(), theirs.state_dict()
    assert list(state) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(state[name].numpy(), tensor.numpy(), err_msg=name)
    for table in ("parameters", "buffers"):
        names = [name for name, _ in getattr(theirs, f"named_{table}")()]
        assert [name for name, _ in getattr(ours, f"named_{table}")()] == names
    needed = [x.requires_grad for x in theirs.parameters()]
    assert [x.requires_grad for x in ours.parameters()] == needed


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("call", CALLS)
def test_results_are_those_of_pytorch(call: str, mode: str, ffi_backend: None, torch: Any) -> None:
    (ours, names), (theirs, _) = made(t, call), made(torch, call)
    ours.load_state_dict(theirs.state_dict())
    getattr(ours, mode)()
    getattr(theirs, mode)()
    close(result(t, ours, names).detach(), result(torch, theirs, names), tolerance(call))


@pytest.mark.parametrize("call", ON_NUMPY)
def test_results_on_numpy_are_those_of_pytorch(call: str, numpy_backend: None, torch: Any) -> None:
    (ours, names), (theirs, _) = made(t, call), made(torch, call)
    ours.load_state_dict(theirs.state_dict())
    if DROPS in call:
        ours.eval()
        theirs.eval()
    found = result(t, ours, names)
    assert found.backend == "numpy"
    close(found, result(torch, theirs, names), 3e-6)


@pytest.mark.parametrize("name", [name for name in CLASSES if name not in DIFFERENT])
def test_constructors_have_the_arguments_of_pytorch(name: str, torch: Any) -> None:
    ours, theirs = (
        [
            (one.name, one.kind, one.default)
            for one in inspect.signature(getattr(library.nn, name)).parameters.values()
        ]
        for library in (t, torch)
    )
    assert ours == theirs


@pytest.mark.parametrize("call", [call for call in CALLS if "Identity" not in call])
def test_attributes_are_those_of_pytorch(call: str, ffi_backend: None, torch: Any) -> None:
    (ours, _), (theirs, _) = made(t, call), made(torch, call)
    for name, expected in vars(theirs).items():
        if not name.startswith("_"):
            assert getattr(ours, name) == expected, name


TRAINED = "PReLU Embedding EmbeddingBag Linear Bilinear Sequential".split()  # noqa: SIM905


@pytest.mark.parametrize("call", [one for one in CALLS if one.partition("(")[0] in TRAINED])
def test_gradients_are_those_of_pytorch(call: str, ffi_backend: None, torch: Any) -> None:
    gradients = []
    for library in (t, torch):
        layer, names = made(library, call)
        found = result(library, layer, names)
        if found.requires_grad:
            found.sum().backward()
        gradients.append([x.grad.numpy() for x in layer.parameters() if x.grad is not None])
    ours, theirs = gradients
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_changed_attributes_are_used(backend: str) -> None:
    layer = t.nn.LeakyReLU()
    layer.negative_slope = 0.5
    assert layer(t.asarray([-2.0])).numpy() == [-1.0]
    loss = t.nn.CrossEntropyLoss()
    loss.reduction = "none"
    assert loss(t.ones((2, 3)), t.asarray([0, 1])).shape == (2,)


def test_an_attribute_is_not_an_argument_of_the_call(backend: str) -> None:
    for layer in (t.nn.ReLU(), t.nn.LeakyReLU(), t.nn.LeakyReLU(0.1)):
        with pytest.raises(TypeError, match="inplace"):
            layer(t.ones(2), inplace=False)


def test_layers_can_be_pickled(backend: str) -> None:
    x = t.asarray([[-1.0, 2.0]])
    layer = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ELU(0.5), t.nn.Dropout()).eval()
    again = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(again(x).detach().numpy(), layer(x).detach().numpy())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("Dropout2d(1.5)", r"Dropout2d: p is 1.5, expected 0 to 1"),
        ("Hardtanh(2, 1)", r"Hardtanh: max_val is 1, expected more than min_val, 2"),
        ("Embedding(3, 2, 3)", r"Embedding: padding_idx is 3, expected -3 to 2"),
        ("EmbeddingBag(3, 2, padding_idx=-4)", r"EmbeddingBag: padding_idx is -4"),
        ("Embedding(3, 2, _weight=x)", r"Embedding: _weight has shape \(2, 3\), expected \(3, 2\)"),
        ("Embedding.from_pretrained(x[0])", r"from_pretrained: expected a matrix, got \(3,\)"),
        ("ZeroPad2d((1, 2))", r"ZeroPad2d: padding is \(1, 2\), expected an integer or 4 of them"),
        ("Bilinear(0, 1, 1)", r"Bilinear: in1_features is 0, expected > 0"),
        ("Flatten(1, 0)(x)", r"Flatten: start_dim 1 comes after end_dim 0 for shape \(2, 3\)"),
        ("Flatten(2)(x)", r"Flatten: axis 2 does not exist in shape \(2, 3\), expected -2 to 1"),
        ("Unflatten(1, (2, -1))(x)", r"Unflatten: \(2, -1\) does not fit axis 1 of shape \(2, 3\)"),
        ("Unflatten(1, (2, 2))(x)", r"Unflatten: \(2, 2\) does not fit axis 1"),
    ],
)
def test_wrong_values(call: str, message: str, backend: str) -> None:
    with pytest.raises(ValueError, match=message):
        eval(f"nn.{call}", {"nn": t.nn, "x": t.ones((2, 3))})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("Unflatten('a', (2,))", r"Unflatten: dim is 'a', expected an integer"),
        ("Unflatten(1, 'ab')", r"Unflatten: unflattened_size is 'ab', expected a tuple"),
    ],
)
def test_wrong_kinds(call: str, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        eval(f"nn.{call}", {"nn": t.nn})


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_from_pretrained_uses_the_memory_of_the_table(
    name: str, freeze: bool, ffi_backend: None, torch: Any
) -> None:
    table = np.ones((4, 2), np.float32)
    ours, theirs = (
        getattr(library.nn, name).from_pretrained(library.from_numpy(table), freeze, padding_idx=1)
        for library in (t, torch)
    )
    names = (list(inspect.signature(layer.from_pretrained).parameters) for layer in (ours, theirs))
    assert next(names) == next(names)
    assert repr(ours) == repr(theirs)
    assert ours.weight.requires_grad == theirs.weight.requires_grad
    table[2] = 7
    np.testing.assert_array_equal(ours.weight.detach().numpy(), theirs.weight.detach().numpy())


def test_a_softmax_without_dim_warns(backend: str) -> None:
    with pytest.warns(UserWarning, match="Softmax: dim is not given, 1 is used"):
        t.nn.Softmax()(t.ones((2, 3)))


def test_former_names_of_hardtanh(backend: str) -> None:
    with pytest.warns(FutureWarning, match="min_value is deprecated: use min_val"):
        layer = t.nn.Hardtanh(min_value=-3.0)
    assert layer.min_val == -3.0
