"""Compiled models compute what PyTorch computes with the same file."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.models.scripts import bits
from tests.packages.models import relations_inputs
from tests.support import python
from torchffi._libtorch.loader import lib
from torchffi.errors import (
    DTypeError,
    HandleError,
    InvalidArgumentError,
    NotSupportedError,
    ShapeError,
    UnavailableError,
)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("ffi_backend")


def reference(path: Path) -> Any:
    return torch._inductor.aoti_load_package(str(path))


def load(path: Path, **options: Any) -> Any:
    return t.inductor.aoti_load_package(path, trust=True, **options)


def to_torchffi(value: torch.Tensor) -> t.Tensor:
    """A copy with the same strides."""
    if value.ndim == 2 and value.stride(0) == 1:
        return t.asarray(value.t().contiguous().numpy().copy()).T
    return t.asarray(value.numpy().copy())


@pytest.mark.parametrize("batch", [1, 2, 7, 15])
def test_a_convolutional_network(packages: Path, batch: int) -> None:
    x = torch.randn(batch, 3, 32, 32)
    expected = reference(packages / "cnn.pt2")(x)
    result = load(packages / "cnn.pt2")(t.asarray(x.numpy()))
    assert np.abs(result.numpy() - expected.numpy()).max() <= 1e-5
    assert (result.shape, result.dtype) == ((batch, 10), t.float32)


def test_an_empty_batch(packages: Path) -> None:
    assert load(packages / "cnn.pt2")(t.zeros((0, 3, 32, 32))).shape == (0, 10)


@pytest.mark.parametrize(("b", "c", "n"), [(4, 3, 5), (1, 1, 1), (300, 2, 7), (2, 9, 100)])
def test_sizes_that_depend_on_each_other(packages: Path, b: int, c: int, n: int) -> None:
    inputs = relations_inputs(b, c, n)
    mine = [*map(to_torchffi, inputs)]
    expected = reference(packages / "relations.pt2")(*inputs)
    results = load(packages / "relations.pt2")(*mine)
    assert len(results) == 5
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result.numpy(), wanted.numpy(), rtol=0, atol=1e-5)
    # The model has added 1 to its first input, and to no other.
    assert [bits(one) for one in mine] == [bits(one) for one in inputs]


def test_nested_arguments_and_results(packages: Path) -> None:
    x, bias = torch.randn(3, 4), torch.randn(3)
    theirs, mine = reference(packages / "nested.pt2"), load(packages / "nested.pt2", unchecked=True)
    for _ in range(2):  # it counts its calls
        expected = theirs(x, scale=2.0, options={"bias": [bias]})
        result = mine(t.asarray(x.numpy()), scale=2.0, options={"bias": [t.asarray(bias.numpy())]})
        parts, nothing, three = result["parts"]
        assert type(parts) is OrderedDict and list(parts) == ["total", "pair"]
        assert nothing is None is expected["parts"][1]
        assert three.tolist() == 3
        assert type(parts["pair"]) is tuple  # the names of its fields are not in the file
        np.testing.assert_allclose(result["y"].numpy(), expected["y"].numpy(), atol=1e-5)
        for found, wanted in (
            (parts["total"], expected["parts"][0]["total"]),
            (parts["pair"][0], expected["parts"][0]["pair"].first),
            (parts["pair"][1][0], expected["parts"][0]["pair"].second[0]),
        ):
            np.testing.assert_allclose(found.numpy(), wanted.numpy(), atol=1e-5)


def test_tensors_of_numpy(packages: Path) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 32, 32)).astype(np.float32)
    model = load(packages / "cnn.pt2")
    expected = bits(model(t.asarray(x)))
    with t.use_backend("numpy"):
        given = t.asarray(x)
    assert given.backend == "numpy"
    assert bits(model(given)) == expected


def test_strides_are_made_to_fit(packages: Path) -> None:
    """PyTorch reads such tensors as if they had the strides of the compiled model."""
    x = np.random.default_rng(2).standard_normal((4, 32, 32, 3)).astype(np.float32)
    moved = t.permute_dims(t.asarray(x), (0, 3, 1, 2))
    model = load(packages / "cnn.pt2")
    assert bits(model(moved)) == bits(model(t.asarray(np.ascontiguousarray(moved.numpy()))))
    inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
    relations = load(packages / "relations.pt2")
    expected = relations(
        *(t.asarray(one.numpy().copy()) if i != 3 else one for i, one in enumerate(inputs))
    )
    inputs[3] = t.asarray(np.ascontiguousarray(inputs[3].numpy()))
    inputs[1] = t.asarray(inputs[1].numpy().T.copy()).T
    assert [bits(one) for one in relations(*inputs)] == [bits(one) for one in expected]


def test_a_tensor_that_the_model_changes_is_not_copied(packages: Path) -> None:
    inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
    inputs[0] = t.asarray(inputs[0].numpy().T.copy()).T
    with pytest.raises(
        InvalidArgumentError,
        match=r"^args\[0\]: strides \(1, 4\), expected \(64, 1\): the model may write to it",
    ):
        load(packages / "relations.pt2")(*inputs)


def test_results_outlive_the_model(packages: Path) -> None:
    inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
    _, k, *_ = load(packages / "relations.pt2")(*inputs)
    assert k.tolist() == [*range(16)]
    counted = load(packages / "nested.pt2", unchecked=True)
    arguments = {"scale": 2.0, "options": {"bias": [t.ones(3)]}}
    first = counted(t.ones((2, 4)), **arguments)["y"]
    before = bits(first)
    counted(t.zeros((2, 4)), **arguments)
    assert bits(first) == before


# ---- Descriptions and constants


def test_metadata_and_names_are_those_of_pytorch(packages: Path) -> None:
    for name in ("cnn", "relations", "nested"):
        mine, theirs = load(packages / f"{name}.pt2"), reference(packages / f"{name}.pt2")
        assert mine.get_metadata() == theirs.get_metadata()
        assert sorted(mine.get_constant_fqns()) == sorted(theirs.get_constant_fqns())


def test_the_inputs_are_shown(packages: Path) -> None:
    shown = repr(load(packages / "relations.pt2"))
    assert shown == (
        "<AOTICompiledModel (float32[s17, 64], float32[s17, 16], int64[s17], float32[8, s32], "
        "float32[?, 2], float32[2*s93, 3], float32[s93, 3])>"
    )


def test_constants_are_replaced(packages: Path) -> None:
    x, generator = torch.randn(3, 3, 32, 32), np.random.default_rng(4)
    mine, theirs = load(packages / "cnn.pt2"), reference(packages / "cnn.pt2")
    state = torch.load(packages / "cnn.pt")
    values = {
        name: generator.random(state[name].shape, np.float32) for name in mine.get_constant_fqns()
    }
    before = mine(t.asarray(x.numpy())).numpy().copy()
    # As a part of a larger storage, and with other strides.
    tensors = {
        name: t.permute_dims(t.asarray(np.stack([value.T] * 3)), (0, *range(value.ndim, 0, -1)))[1]
        for name, value in values.items()
    }
    mine.load_constants(tensors, check_full_update=True)
    theirs.load_constants(
        {name: torch.from_numpy(value) for name, value in values.items()}, check_full_update=True
    )
    result = mine(t.asarray(x.numpy())).numpy()
    np.testing.assert_allclose(result, theirs(x).numpy(), rtol=1e-5)
    assert np.abs(result - before).max() > 0.01


def test_constants_that_do_not_fit(packages: Path) -> None:
    model = load(packages / "cnn.pt2")
    x = t.ones((2, 3, 32, 32))
    before = bits(model(x))
    good = {"layers.9.bias": t.ones(10)}
    for constants, full, expected, text in (
        (good, True, InvalidArgumentError, r"^the constant layers\.0\.weight is not given$"),
        ({"layers.9.bias": t.ones(11)}, False, ShapeError,
         r"^layers\.9\.bias: shape \(11,\), expected \(10,\)"),
        (good | {"layers.9.weight": t.ones((10, 16), dtype=t.float64)}, False, DTypeError,
         r"^layers\.9\.weight: dtype float64, expected float32$"),
        (good | {"x": t.ones(1)}, False, InvalidArgumentError, "^there is no constant 'x'$"),
        (good | {"a\nb": t.ones(1)}, False, InvalidArgumentError, "^there is no constant"),
        ({"layers.9.bias": np.ones(10)}, False, DTypeError, "expected a Tensor, got a ndarray"),
    ):  # fmt: skip
        with pytest.raises(expected, match=text):
            model.load_constants(constants, check_full_update=full)
    assert bits(model(x)) == before
    model.load_constants(good, check_full_update=False)
    assert bits(model(x)) != before


def test_weights_outside_of_the_package(packages: Path) -> None:
    model = load(packages / "affine.pt2")
    x, ids = torch.randn(5, 4), torch.randint(-1000, 1000, (3, 512))
    inputs = t.asarray(x.numpy()), t.asarray(ids.numpy())
    missing = model.get_constant_fqns()
    with pytest.raises(NotSupportedError, match=r"no values of these constants, .*linear\.weight"):
        model(*inputs)
    state = torch.load(packages / "affine.pt")
    model.load_constants(
        {name: t.asarray(state[name].numpy()) for name in missing}, check_full_update=True
    )
    expected = torch.nn.functional.linear(x, state["linear.weight"], state["linear.bias"]) * 2
    first, second = model(*inputs)
    np.testing.assert_allclose(first.numpy(), expected.numpy(), atol=1e-5)
    np.testing.assert_allclose(second.numpy(), (state["table.weight"][ids] + 1).numpy(), atol=1e-6)


# ---- The object


def test_the_object_cannot_be_copied_or_made(packages: Path) -> None:
    model = load(packages / "cnn.pt2")
    for action in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            action(model)
    with pytest.raises(TypeError, match=r"use torchffi\.inductor\.aoti_load_package"):
        t.inductor.AOTICompiledModel()


def test_a_freed_model_is_an_error(packages: Path) -> None:
    model = load(packages / "cnn.pt2")
    assert lib.rt_torch_package_free(model._data) == 0
    with pytest.raises(HandleError, match="is not a package: freed, never issued, or of another"):
        model(t.ones((2, 3, 32, 32)))
    tensor = t.ones(2)
    assert lib.rt_torch_package_free(tensor._data) == -1
    assert lib.rt_torch_package_spec(tensor._data, t._libtorch.loader.ffi.NULL, 0) == -1


def test_numpy_says_why_it_cannot(packages: Path) -> None:
    out = python(
        f"""
        import torchffi as t
        try:
            t.inductor.aoti_load_package({str(packages / "cnn.pt2")!r}, trust=True)
        except t.UnavailableError as error:
            print(error)
        """,
        TORCHFFI_BACKEND="numpy",
    )
    assert out.startswith("inductor.aoti_load_package needs LibTorch, and the backend is NumPy: ")
    assert UnavailableError is t.UnavailableError


def test_neither_torch_nor_its_python_library_is_loaded(packages: Path) -> None:
    out = python(
        f"""
        import sys
        import torchffi as t
        m = t.inductor.aoti_load_package({str(packages / "cnn.pt2")!r}, trust=True)
        assert m(t.ones((2, 3, 32, 32))).shape == (2, 10)
        maps = open("/proc/self/maps").read()
        print("torch" in sys.modules, "libtorch_python" in maps, "libtorch_cpu" in maps)
        """
    )
    assert out == "False False True\n"
