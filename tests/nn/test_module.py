"""Modules: attributes, traversal, state, conversion, hooks, against PyTorch's."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import torchffi
from torchffi import nn
from torchffi.errors import TorchError


def make(library: Any) -> Any:
    """The same model of torchffi or of torch."""
    nn = library.nn

    class Block(nn.Module):  # type: ignore[misc]
        def __init__(self, width: int) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(width, 5), nn.Linear(5, width, bias=False)
            self.scale = nn.Parameter(library.ones(width))
            self.register_buffer("count", library.zeros(()))
            self.register_buffer("hidden", library.ones(2), persistent=False)
            self.register_parameter("absent", None)

        def forward(self, x: Any, gain: float = 1.0) -> Any:
            return self.second(nn.functional.relu(self.first(x))) * self.scale * gain

    class Model(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a = Block(3)
            self.tied = self.a.first
            self.b = Block(3)
            self.b.second.weight = self.a.second.weight

        def forward(self, x: Any) -> Any:
            return self.b(self.a(x))

    return Model()


@pytest.fixture
def both(ffi_backend: None, torch: Any) -> tuple[Any, Any]:
    torch.manual_seed(7)
    theirs = make(torch)
    torchffi.manual_seed(7)
    return make(torchffi), theirs


def test_names_and_order_are_those_of_pytorch(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    for call in (
        lambda m: [n for n, _ in m.named_parameters()],
        lambda m: [n for n, _ in m.named_parameters(prefix="x", remove_duplicate=False)],
        lambda m: [n for n, _ in m.named_parameters(recurse=False)],
        lambda m: [n for n, _ in m.named_buffers()],
        lambda m: [n for n, _ in m.named_modules()],
        lambda m: [n for n, _ in m.named_modules(remove_duplicate=False)],
        lambda m: [n for n, _ in m.named_children()],
        lambda m: list(m.state_dict()),
        lambda m: list(m.state_dict(prefix="p.")),
        lambda m: len(list(m.parameters())),
        lambda m: len(list(m.modules())),
        lambda m: m.a.first.extra_repr(),
        repr,
        lambda m: dict(m.state_dict()._metadata),
        lambda m: m.get_submodule("a.first") is m.tied,
        lambda m: tuple(m.get_parameter("a.first.weight").shape),
        lambda m: tuple(m.get_buffer("a.count").shape),
        lambda m: m.a.absent is None,
    ):
        assert call(ours) == call(theirs)


def test_initial_values_are_those_of_pytorch(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name].numpy(), value.numpy(), name)


def test_state_goes_both_ways(both: tuple[Any, Any], torch: Any, tmp_path: Any) -> None:
    ours, theirs = both
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(1.0)
    assert repr(ours.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)
    expected = theirs(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(ours(torchffi.from_numpy(x)).detach().numpy(), expected, rtol=1e-6)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.zero_()
    torchffi.save(ours.state_dict(), tmp_path / "state.pt")
    loaded = torch.load(tmp_path / "state.pt", weights_only=True)
    assert str(theirs.load_state_dict(loaded)) == "<All keys matched successfully>"
    np.testing.assert_array_equal(theirs(torch.from_numpy(x)).detach().numpy(), expected)
    with torchffi.use_backend("numpy"):
        on_numpy = make(torchffi)
        on_numpy.load_state_dict(torchffi.load(tmp_path / "state.pt"))
        found = on_numpy(torchffi.asarray(x))
    assert (found.backend, found.requires_grad) == ("numpy", False)
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-6, atol=1e-7)


def test_a_state_that_does_not_fit_changes_nothing(both: tuple[Any, Any]) -> None:
    ours, _ = both
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    state = {name: value + 1 for name, value in before.items()}
    del state["a.scale"]
    state["b.first.bias"] = torchffi.ones(9)
    state["more"] = torchffi.ones(1)
    with pytest.raises(ValueError, match="load_state_dict: does not fit Model") as caught:
        ours.load_state_dict(state)
    for text in (
        "missing names: a.scale",
        "unexpected names: more",
        "b.first.bias has shape (9,), exp",
    ):
        assert text in str(caught.value)
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name].numpy())
    state["b.first.bias"] = torchffi.ones(5)
    assert ours.load_state_dict(state, strict=False) == (["a.scale"], ["more"])
    assert float(ours.b.first.bias.sum()) == 5.0
    for wrong, error in (
        (3, "expected a dict"),
        ({**before, "a.scale": "text"}, "a.scale is a str"),
    ):
        with pytest.raises(TypeError, match=error):
            ours.load_state_dict(wrong)


def test_assigned_state_is_used_itself(both: tuple[Any, Any]) -> None:
    ours, _ = both
    given = torchffi.ones(3, dtype=torchffi.float64)
    ours.load_state_dict({"a.scale": given}, strict=False, assign=True)
    assert isinstance(ours.a.scale, nn.Parameter)
    assert ours.a.scale.requires_grad
    assert (ours.a.scale.dtype, given.dtype) == (torchffi.float64, torchffi.float64)


def test_conversion_keeps_the_objects(both: tuple[Any, Any], torch: Any) -> None:
    ours, theirs = both
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    parameters = list(map(id, ours.parameters()))
    for model, library in ((ours, torchffi), (theirs, torch)):
        model(library.from_numpy(x.astype("float32"))).sum().backward()
        assert model.double() is model
        assert model.b.count.dtype == library.float64
        model.to("cpu", dtype=library.float64)
    assert list(map(id, ours.parameters())) == parameters
    assert ours.b.second.weight is ours.a.second.weight
    for mine, yours in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert mine.requires_grad and mine.is_leaf and isinstance(mine, nn.Parameter)
        np.testing.assert_allclose(mine.detach().numpy(), yours.detach().numpy())
        np.testing.assert_allclose(mine.grad.numpy(), yours.grad.numpy(), rtol=1e-6)
    found = ours(torchffi.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(found, theirs(torch.from_numpy(x)).detach().numpy(), rtol=1e-9)
    for wrong in ((torchffi.int32,), (3.5,), ("tpu",)):
        with pytest.raises(TorchError, match=r"to: expected|device is 'tpu'"):
            ours.to(*wrong)


def test_copies_are_separate_and_keep_ties(both: tuple[Any, Any]) -> None:
    ours, _ = both
    copied = copy.deepcopy(ours)
    assert copied.b.second.weight is copied.a.second.weight is not ours.a.second.weight
    assert isinstance(copied.a.scale, nn.Parameter)
    with torchffi.no_grad():
        copied.a.scale += 1
    assert float(ours.a.scale.sum()) == 3.0


def test_modes_gradients_and_apply(both: tuple[Any, Any]) -> None:
    ours, _ = both
    assert ours.training and ours.eval() is ours
    assert not any(module.training for module in ours.modules())
    assert ours.train().b.training
    ours(torchffi.ones((1, 3))).sum().backward()
    ours.zero_grad(set_to_none=False)
    assert all(float(torchffi.max(torchffi.abs(p.grad))) == 0 for p in ours.parameters())
    ours.zero_grad()
    assert all(p.grad is None for p in ours.parameters())
    assert not any(p.requires_grad for p in ours.requires_grad_(False).parameters())
    seen: list[str] = []
    assert ours.apply(lambda module: seen.append(type(module).__name__)) is ours
    assert seen[-1] == "Model"
    assert seen.count("Linear") == 5  # a module with two names is visited by each


def test_hooks_run_in_pytorchs_order(both: tuple[Any, Any], torch: Any) -> None:
    logs: list[list[Any]] = []
    for model, library in zip(both, (torchffi, torch), strict=True):
        block, log = model.a, []  # type: ignore[var-annotated]
        logs.append(log)
        note = lambda text, log=log: lambda *given: log.append((text, len(given)))  # noqa: E731
        block.register_forward_pre_hook(note("before"))
        block.register_forward_pre_hook(note("first"), prepend=True)
        block.register_forward_pre_hook(note("named"), with_kwargs=True)
        removed = block.register_forward_hook(note("removed"))
        block.register_forward_hook(note("after"))
        block.register_forward_hook(note("after, named"), with_kwargs=True, prepend=True)
        block.register_forward_hook(lambda module, given, result: result * 0 + 2)
        block.register_forward_hook(note("always"), always_call=True)
        removed.remove()
        result = block(library.ones((2, 3)), gain=2.0)
        log.append(result.tolist())
        with pytest.raises(Exception, match="gains"):
            block(library.ones((2, 3)), gains=1.0)
    assert logs[0] == logs[1]


def test_hooks_replace_arguments(ffi_backend: None) -> None:
    layer = nn.Identity()
    with layer.register_forward_pre_hook(lambda module, given: given[0] + 1):
        assert float(layer(torchffi.ones(()))) == 2.0
    assert float(layer(torchffi.ones(()))) == 1.0


def test_attributes_change_their_kind_as_in_pytorch(both: tuple[Any, Any], torch: Any) -> None:
    def names(model: Any) -> tuple[list[str], ...]:
        return tuple(list(table) for table in (model._parameters, model._buffers, model._modules))

    found = []
    for model, library in zip(both, (torchffi, torch), strict=True):
        block = model.a
        block.plain = 3
        block.plain = library.nn.Parameter(library.ones(2))
        block.count = library.ones(4)
        block.scale = None
        block.second = None
        del block.hidden
        found.append(
            (
                names(block),
                hasattr(block, "hidden"),
                "plain" in dir(block),
                list(block.state_dict()),
            )
        )
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        (
            "m.a.scale = tf.ones(3)",
            TypeError,
            "scale: a Tensor given, expected a Parameter or None",
        ),
        ("m.a.count = 3", TypeError, "count: a int given, expected a Tensor or None"),
        ("m.register_buffer('x', 3)", TypeError, "'x' is a int, expected a Tensor"),
        (
            "m.register_parameter('x', tf.ones(1))",
            TypeError,
            "'x' is a Tensor, expected a Parameter",
        ),
        ("m.add_module('x', tf.ones(1))", TypeError, "'x' is a Tensor, expected a Module"),
        ("m.add_module('x.y', None)", ValueError, "expected one without dots"),
        ("m.add_module('', None)", ValueError, "expected one without dots"),
        (
            "m.register_buffer('forward', None)",
            ValueError,
            "there is an attribute 'forward' already",
        ),
        ("m.missing", AttributeError, "'Model' object has no attribute 'missing'"),
        ("m.get_submodule('a.x')", AttributeError, "Block has no module 'x'"),
        ("m.get_parameter('a.x')", AttributeError, "Block has no parameter 'x'"),
        ("nn.Module()(1)", NotImplementedError, "Module defines no forward"),
        ("m.train(1)", TypeError, "train: mode is 1, expected a bool"),
        ("nn.Parameter(3)", TypeError, "Parameter: expected a Tensor, got int"),
        ("nn.Parameter(tf.arange(3))", TypeError, "expected a floating-point or complex tensor"),
        ("Early()", AttributeError, r"call super\(\).__init__\(\) of the module first"),
        ("nn.Linear(3)", TypeError, "Linear: out_features is None, expected an integer"),
    ],
)
def test_mistakes_are_told(ffi_backend: None, statement: str, error: Any, message: str) -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(torchffi.ones(1))

    m = make(torchffi)
    with pytest.raises(error, match=message):
        exec(statement, {"m": m, "nn": nn, "tf": torchffi, "Early": Early})


def test_parameters_are_shown_and_go_with_their_tensor(backend: str) -> None:
    parameter = nn.Parameter(torchffi.ones(2))
    assert repr(parameter).startswith("Parameter containing:\nTensor([1., 1.]")
    assert isinstance(parameter, torchffi.Tensor)
    assert parameter.requires_grad is (backend == "ffi")
    assert not isinstance(torchffi.ones(2), nn.Parameter)
    assert not isinstance(parameter.detach(), nn.Parameter)
    assert nn.Parameter().shape == (0,)
    whole = nn.Parameter(torchffi.arange(3), requires_grad=False)
    assert isinstance(whole, nn.Parameter) and not whole.requires_grad


def test_state_dict_of_a_dict_is_ordered_and_shares_memory(both: tuple[Any, Any]) -> None:
    ours, _ = both
    state = ours.state_dict()
    assert isinstance(state, OrderedDict)
    state["a.scale"][...] = 4.0
    assert float(ours.a.scale.sum()) == 12.0
    assert not state["a.scale"].requires_grad
    assert ours.state_dict(keep_vars=True)["a.scale"] is ours.a.scale


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_data_is_the_memory_and_can_be_replaced(backend: str, dtype: str) -> None:
    x = torchffi.ones(3)
    x.data[0] = 5.0
    assert x.tolist() == [5.0, 1.0, 1.0]
    _ = x.numpy(), x.shape  # cached
    y = torchffi.asarray(np.array([[1, 2]], dtype))
    x.data = y
    assert (x.shape, x.dtype.name, x.tolist()) == ((1, 2), dtype, [[1, 2]])
    assert x.numpy().dtype == dtype
    y[0, 0] = 7
    assert x.tolist() == [[7, 2]]
    assert (x + x).tolist() == [[14, 4]]
    with pytest.raises(TypeError, match="data: expected a Tensor, got int"):
        x.data = 3  # type: ignore[assignment]
    with torchffi.use_backend("numpy" if backend == "ffi" else "ffi"):
        other = torchffi.ones(3)
    with pytest.raises(TypeError, match="data: expected a tensor of backend"):
        x.data = other
