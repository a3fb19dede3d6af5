"""Activations and layers, on both backends, compared with PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.array.layers import assert_close, random_values
from tests.support import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    NAMES,
    REALS,
    check,
    dtype_of,
    inf,
    nan,
    sample,
    special,
)

pytestmark = pytest.mark.filterwarnings("error")

ACTIVATIONS: dict[str, Any] = {
    "relu": (t.nn.relu, lambda f, x: f.relu(x)),
    "sigmoid": (t.nn.sigmoid, lambda f, x: f.sigmoid(x)),
    "tanh": (t.nn.tanh, lambda f, x: f.tanh(x)),
    "silu": (t.nn.silu, lambda f, x: f.silu(x)),
    "gelu": (t.nn.gelu, lambda f, x: f.gelu(x)),
    "gelu-tanh": (
        lambda x: t.nn.gelu(x, approximate="tanh"),
        lambda f, x: f.gelu(x, approximate="tanh"),
    ),
    "softmax": (t.nn.softmax, lambda f, x: f.softmax(x, -1)),
    "softmax-first": (lambda x: t.nn.softmax(x, axis=0), lambda f, x: f.softmax(x, 0)),
    "log_softmax": (t.nn.log_softmax, lambda f, x: f.log_softmax(x, -1)),
    "log_softmax-first": (lambda x: t.nn.log_softmax(x, 0), lambda f, x: f.log_softmax(x, 0)),
}


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("case", ACTIVATIONS)
def test_activation_computes_what_torch_computes(
    case: str, name: str, backend: str, torch: Any
) -> None:
    ours, theirs = ACTIVATIONS[case]
    values = (3 * random_values((4, 7))).astype(name)
    expected = theirs(torch.nn.functional, torch.from_numpy(values.astype("float64")))
    assert_close(ours(t.asarray(values)), expected, name)
    assert ours(t.asarray(values)).backend == backend


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (2, 3, 4)])
@pytest.mark.parametrize("case", [case for case in ACTIVATIONS if "softmax" not in case])
def test_activation_keeps_the_shape(case: str, shape: tuple[int, ...], backend: str) -> None:
    assert ACTIVATIONS[case][0](t.ones(shape)).shape == shape


@pytest.mark.parametrize("case", ["relu", "sigmoid", "tanh", "silu", "gelu", "gelu-tanh"])
def test_activation_gives_the_special_values_of_torch(case: str, backend: str, torch: Any) -> None:
    ours, theirs = ACTIVATIONS[case]
    values = special("float32")
    if case == "gelu":  # the result for infinity depends on the processor: NaN, 0 or infinity
        values = values[~np.isinf(values)]
    expected = theirs(torch.nn.functional, torch.from_numpy(values)).numpy()
    check(ours(t.asarray(values)), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", ["softmax", "log_softmax"])
def test_softmax_does_not_overflow_and_gives_the_special_values_of_torch(
    case: str, backend: str, torch: Any
) -> None:
    ours, theirs = ACTIVATIONS[case]
    values = np.array(
        [[1e4, 1e4, -1e4], [-inf, 0, 1], [-inf] * 3, [inf, 0, 0], [nan, 0, 0], [-3e38, 3e38, 0]],
        "float32",
    )
    check(ours(t.asarray(values)), theirs(torch.nn.functional, torch.from_numpy(values)).numpy())


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_softmax_of_nothing_is_nothing(shape: tuple[int, ...], backend: str) -> None:
    assert t.nn.softmax(t.ones(shape)).shape == shape
    assert t.nn.log_softmax(t.ones(shape)).shape == shape


def test_softmax_of_a_scalar_needs_an_axis(backend: str) -> None:
    with pytest.raises(IndexError, match=r"softmax: axis -1 is out of range for shape \(\)"):
        t.nn.softmax(t.ones(()))


@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
@pytest.mark.parametrize("name", ["bool", *INTEGERS])
def test_integers_count_as_float32(function: str, name: str, backend: str, torch: Any) -> None:
    values = sample(name)
    expected = getattr(torch, function)(torch.from_numpy(values.astype("float32"))).numpy()
    check(getattr(t.nn, function)(t.asarray(values)), expected)


@pytest.mark.parametrize("name", REALS)
def test_relu_takes_every_real_dtype(name: str, backend: str) -> None:
    values = sample(name)
    check(t.nn.relu(t.asarray(values)), np.maximum(values, values.dtype.type(0)))


@pytest.mark.parametrize("name", COMPLEX)
@pytest.mark.parametrize("function", ["silu", "sigmoid", "tanh"])
def test_smooth_activations_take_complex_numbers(
    function: str, name: str, backend: str, torch: Any
) -> None:
    values = sample(name)
    expected = getattr(torch.nn.functional, function)(torch.from_numpy(values)).numpy()
    check(getattr(t.nn, function)(t.asarray(values)), expected)


@pytest.mark.parametrize(
    ("function", "supported"),
    [("relu", REALS), ("silu", (*FLOATS, *COMPLEX)), ("gelu", FLOATS), ("softmax", FLOATS),
     ("log_softmax", FLOATS)],
)  # fmt: skip
def test_activation_of_another_dtype_is_a_type_error(
    function: str, supported: tuple[str, ...], backend: str
) -> None:
    for name in NAMES:
        if name not in supported:
            with pytest.raises(TypeError, match=f"{function}: {name} is not supported"):
                getattr(t.nn, function)(t.ones(2, dtype=dtype_of(name)))


def test_gelu_has_two_approximations(backend: str) -> None:
    with pytest.raises(ValueError, match="gelu: approximate is 'erf', expected 'none' or 'tanh'"):
        t.nn.gelu(t.ones(2), approximate="erf")


@pytest.mark.parametrize("parameters", ["none", "weight", "both"])
@pytest.mark.parametrize("shape", [(8,), (3, 8), (2, 3)])
@pytest.mark.parametrize("name", FLOATS)
def test_layer_norm_computes_what_torch_computes(
    name: str, shape: tuple[int, ...], parameters: str, backend: str, torch: Any
) -> None:
    values = 2 + 3 * random_values((2, 3, 8) if shape[-1] == 8 else (5, 2, 3))
    weight = random_values(shape, seed=1) if parameters != "none" else None
    bias = random_values(shape, seed=2) if parameters == "both" else None
    arrays = [None if a is None else a.astype(name) for a in (values, weight, bias)]
    theirs = [None if a is None else torch.from_numpy(a.astype("float64")) for a in arrays]
    ours = [None if a is None else t.asarray(a) for a in arrays]
    expected = torch.nn.functional.layer_norm(theirs[0], shape, *theirs[1:], eps=1e-3)
    assert_close(t.nn.layer_norm(ours[0], shape, *ours[1:], eps=1e-3), expected, name)


def test_layer_norm_takes_an_integer_for_one_axis(backend: str, torch: Any) -> None:
    x = random_values((3, 8), "float32")
    expected = torch.nn.functional.layer_norm(torch.from_numpy(x), (8,))
    assert_close(t.nn.layer_norm(t.asarray(x), 8), expected, "float32")


def test_layer_norm_of_a_constant_row_is_0(backend: str) -> None:
    check(t.nn.layer_norm(t.full((2, 5), 1e4), 5), np.zeros((2, 5), "float32"))


@pytest.mark.parametrize(
    ("shape", "weight", "message"),
    [
        ((4,), None, r"shape \(2, 3\) does not end in \(4,\)"),
        ((5, 2, 3), None, r"shape \(2, 3\) does not end in \(5, 2, 3\)"),
        ((3,), (4,), r"weight has shape \(4,\), expected \(3,\)"),
        ((), None, ""),
    ],
)
def test_layer_norm_of_shapes_that_do_not_fit_is_a_value_error(
    shape: tuple[int, ...], weight: Any, message: str, backend: str
) -> None:
    factor = None if weight is None else t.ones(weight)
    with pytest.raises(ValueError, match=f"layer_norm: {message}"):
        t.nn.layer_norm(t.ones((2, 3)), shape, factor)


@pytest.mark.parametrize("name", ["float32", "float64", "complex64", "int64", "uint8", "float16"])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (5, 2, 3), (0, 3)])
@pytest.mark.parametrize("biased", [True, False])
def test_linear_multiplies_by_the_transposed_weight(
    biased: bool, shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = sample(name, int(np.prod(shape))).reshape(shape)
    weight, bias = sample(name, 12, 1).reshape(4, 3), sample(name, 4, 2) if biased else None
    expected = (x @ weight.T + (0 if bias is None else bias)).astype(name)
    actual = t.nn.linear(t.asarray(x), t.asarray(weight), None if bias is None else t.asarray(bias))
    check(actual, expected, rtol=2e-3 if name == "float16" else 1e-6, atol=1e-6)


def test_layer_computes_and_shows_its_shape(backend: str) -> None:
    layer = t.nn.Linear.create(3, 4)
    assert layer.weights is layer.weight
    assert layer.weight.shape == (4, 3)
    assert layer.bias is not None
    assert layer.bias.shape == (4,)
    assert repr(layer) == "Linear(in_features=3, out_features=4, bias=True)"
    x = random_values((2, 3), "float32")
    expected = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    check(layer.forward(t.asarray(x)).detach(), expected, rtol=1e-5, atol=1e-6)
    check(layer(t.asarray(x)).detach(), expected, rtol=1e-5, atol=1e-6)


def test_layer_begins_within_its_bounds(backend: str) -> None:
    layer = t.nn.Linear.create(400, 50, dtype=t.float64)
    values = np.concatenate([layer.weight.detach().numpy().ravel(), layer.bias.detach().numpy()])  # type: ignore[union-attr]
    assert layer.weight.dtype is t.float64
    assert np.abs(values).max() <= 1 / 20
    assert np.abs(values).max() > 0.049
    assert abs(values.mean()) < 1e-3
    assert t.nn.Linear.create(3, 4, bias=False).bias is None
    assert t.nn.Linear.create(0, 4)(t.ones((2, 0))).shape == (2, 4)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 4), (5, 3)), r"shapes \(2, 4\) and \(3, 5\) are incompatible for a matrix product"),
        (((2, 3), (3,)), r"weight has shape \(3,\), expected 2 axes"),
        (((2, 3), (5, 3), (4,)), r"bias has shape \(4,\), expected \(5,\)"),
        (((), (5, 3)), r"shapes \(\) and \(3, 5\) are incompatible for a matrix product"),
    ],
)
def test_linear_of_shapes_that_do_not_fit_is_a_value_error(
    shapes: Any, message: str, backend: str
) -> None:
    with pytest.raises(ValueError, match=f"linear: {message}"):
        t.nn.linear(*(t.ones(shape) for shape in shapes))


@pytest.mark.parametrize("function", ["linear", "layer_norm", "attention"])
def test_layers_need_operands_of_one_dtype(function: str, backend: str) -> None:
    x, y = t.ones((3, 3)), t.ones((3, 3), dtype=t.float64)
    calls = {
        "linear": lambda: t.nn.linear(x, y),
        "layer_norm": lambda: t.nn.layer_norm(x, (3, 3), y),
        "attention": lambda: t.nn.scaled_dot_product_attention(x, y, x),
    }
    with pytest.raises(TypeError, match=f"{function}: dtypes float32 and float64 differ"):
        calls[function]()


@pytest.mark.parametrize("name", NAMES)
def test_embedding_takes_rows(name: str, backend: str) -> None:
    table = sample(name, 12).reshape(4, 3)
    for indices in ("int8", "int32", "int64", "uint8", "uint16"):
        rows = np.array([[3, 0], [1, 1]], indices)
        check(t.nn.embedding(t.asarray(rows), t.asarray(table)), table[rows])
    assert t.nn.embedding(t.zeros((0, 2), dtype=t.int64), t.asarray(table)).shape == (0, 2, 3)


@pytest.mark.parametrize("index", [4, -1, 2**40])
def test_embedding_beyond_the_table_is_an_index_error(index: int, backend: str) -> None:
    with pytest.raises(IndexError, match="embedding: "):
        t.nn.embedding(t.asarray([0, index]), t.ones((4, 3)))


def test_embedding_needs_integers_and_a_matrix(backend: str) -> None:
    with pytest.raises(TypeError, match="embedding: input has dtype float32, expected integers"):
        t.nn.embedding(t.ones(2), t.ones((4, 3)))
    with pytest.raises(ValueError, match=r"embedding: weight has shape \(4,\), expected 2 axes"):
        t.nn.embedding(t.asarray([0]), t.ones(4))


def test_embedding_in_an_empty_table_is_an_index_error(backend: str) -> None:
    with pytest.raises(IndexError, match="embedding: an index is out of range for 0 rows"):
        t.nn.embedding(t.asarray([0]), t.ones((0, 3)))
    assert t.nn.embedding(t.zeros((0,), dtype=t.int64), t.ones((0, 3))).shape == (0, 3)
