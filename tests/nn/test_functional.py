"""nn.functional: values, gradients and arguments are PyTorch's."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.nn.calls import CALLS, CONSTANT, OF_LIBTORCH, WHOLE, operands, split

ALL = split(CALLS) + split(OF_LIBTORCH) + split(WHOLE)
ON_NUMPY = split(CALLS) + split(WHOLE)
pytestmark = pytest.mark.filterwarnings("ignore:dropout2d|.*feature dropout")


def names_of(call: str) -> list[str]:
    known = operands()
    return list(dict.fromkeys(one for one in re.findall(r"\b[a-z]\d?\b", call) if one in known))


def result(library: Any, tensor_of: Any, call: str, dtype: str) -> Any:
    arrays = operands(dtype)
    given = {name: tensor_of(arrays[name].copy()) for name in names_of(call)}
    return eval(call, {"f": library.nn.functional, **given})


def check(found: Any, expected: Any, tolerance: float) -> None:
    assert str(expected.dtype) == f"torch.{found.dtype}"
    a, b = found.numpy(), expected.numpy()
    assert a.shape == b.shape
    if tolerance:
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(a, b)


# Functions of several operators, or with another kernel here, that round in other places.
ROUNDED = (
    "layer_norm local_response_norm gaussian_nll_loss log_softmax softmax softmin gelu tanhshrink"
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", ALL)
def test_values_on_libtorch_are_those_of_pytorch(
    call: str, dtype: str, ffi_backend: None, torch: Any
) -> None:
    rounded = any(f"f.{name}(" in call for name in ROUNDED.split())
    expected = result(torch, torch.from_numpy, call, dtype)
    check(result(t, t.from_numpy, call, dtype), expected, 1e-6 if rounded else 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", ON_NUMPY)
def test_values_on_numpy_are_those_of_pytorch(
    call: str, dtype: str, numpy_backend: None, torch: Any
) -> None:
    found = result(t, t.from_numpy, call, dtype)
    assert found.backend == "numpy"
    check(
        found,
        result(torch, torch.from_numpy, call, dtype),
        {"float32": 3e-6, "float64": 1e-13}[dtype],
    )


def gradients(library: Any, tensor_of: Any, call: str) -> list[Any]:
    """The gradients of the operands, as NumPy arrays."""
    arrays = operands()
    leaves = {name: tensor_of(arrays[name].copy()) for name in names_of(call)}
    for name, leaf in leaves.items():
        if "float" in str(leaf.dtype) and name not in CONSTANT:
            leaf.requires_grad_()
    found = eval(call, {"f": library.nn.functional, **leaves})
    draw = np.random.default_rng(4).normal(size=tuple(found.shape))
    asked = [leaf for leaf in leaves.values() if leaf.requires_grad]
    start = tensor_of(np.asarray(draw))
    grads = library.autograd.grad(found, asked, start, allow_unused=True)
    return [None if one is None else one.detach().numpy() for one in grads]


@pytest.mark.parametrize("call", split(CALLS) + split(OF_LIBTORCH))
def test_gradients_are_those_of_pytorch(call: str, ffi_backend: None, torch: Any) -> None:
    expected = gradients(torch, torch.from_numpy, call)
    found = gradients(t, t.from_numpy, call)
    assert [one is None for one in found] == [one is None for one in expected]
    for a, b in zip(found, expected, strict=True):
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_every_function_is_called() -> None:
    called = {one for call in ALL for one in re.findall(r"f\.(\w+)\(", call)}
    assert set(t.nn.functional.__all__) - called == {"gumbel_softmax"}  # random: tested below


# ---- Arguments

# The text of PyTorch's documentation, for functions written in C++.
BUILTIN = """
    prelu(input, weight); softplus(input, beta=1, threshold=20); logsigmoid(input)
    softshrink(input, lambd=0.5); hardshrink(input, lambd=0.5); gelu(input, approximate='none')
    one_hot(tensor, num_classes=-1); linear(input, weight, bias=None)
    conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
    conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
    conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
    conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, \
dilation=1)
    conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, \
dilation=1)
    conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, \
dilation=1)
    pixel_shuffle(input, upscale_factor); pixel_unshuffle(input, downscale_factor)
    avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True)
    adaptive_avg_pool1d(input, output_size); bilinear(input1, input2, weight, bias=None)
    cosine_similarity(x1, x2, dim=1, eps=1e-8); pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False)
    scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, \
scale=None, enable_gqa=False)
    avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, \
divisor_override=None)
    avg_pool3d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, \
divisor_override=None)
"""
# Names of PyTorch's functions that choose between two, behind max_pool2d and the like.
CHOSEN = (
    "max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"
)
# dim is -1, not None, for which PyTorch guesses an axis and warns; no _stacklevel, of those warnings;
# dtype is a keyword; axis is the Array API standard's name.
OTHERS = {
    "softmax": {"dim": -1, "dtype": None, "axis": None},
    "log_softmax": {"dim": -1, "dtype": None, "axis": None},
    "softmin": {"dim": -1, "dtype": None},
}


def parameters(function: Any) -> dict[str, Any]:
    return {p.name: p.default for p in inspect.signature(function).parameters.values()}


@pytest.mark.parametrize("name", t.nn.functional.__all__)
def test_arguments_are_those_of_pytorch(name: str, torch: Any) -> None:
    found = parameters(getattr(t.nn.functional, name))
    texts = {one.partition("(")[0]: one for one in split(BUILTIN)}
    if name in OTHERS:
        expected = {"input": inspect.Parameter.empty, **OTHERS[name]}
    elif name in texts:
        namespace: dict[str, Any] = {}
        exec(f"def {texts[name]}: ...", namespace)
        expected = parameters(namespace[name])
        text = getattr(torch.nn.functional, name).__doc__.partition(" -> ")[0]
        assert re.sub(r"\s", "", text) == texts[name].replace(" ", "")
    else:
        theirs = f"_{name}" if name in CHOSEN.split() else name
        expected = parameters(
            getattr(torch.nn.functional, theirs, getattr(torch.nn.functional, name))
        )
    assert list(found) == list(expected)
    for key, value in found.items():
        assert value == expected[key] or value is expected[key], key


def test_softmax_of_a_dtype_and_of_an_axis(backend: str, torch: Any) -> None:
    x = operands("float32")["x"]
    for name in ("softmax", "log_softmax"):
        expected = getattr(torch, name)(torch.from_numpy(x), 0, dtype=torch.float64)
        check(getattr(t.nn.functional, name)(t.asarray(x), dim=0, dtype=t.float64), expected, 1e-12)
        check(
            getattr(t.nn.functional, name)(t.asarray(x), axis=0, dtype=t.float64), expected, 1e-12
        )
    with pytest.raises(ValueError, match="softmax: dim and axis are the same"):
        t.nn.functional.softmax(t.asarray(x), 0, axis=1)


IN_PLACE = """
    f.relu(x, inplace=True); f.silu(x, True); f.relu6(x, inplace=True); f.leaky_relu(x, 0.2, True)
    f.elu(x, inplace=True); f.selu(x, True); f.celu(x, 2.0, True); f.hardtanh(x, -0.5, 0.5, inplace=True)
    f.hardswish(x, True); f.hardsigmoid(x, True); f.mish(x, inplace=True); f.threshold(x, 0.1, 2, True)
    f.dropout(x, 1.0, inplace=True); f.alpha_dropout(x, 1.0, True, True); f.dropout1d(x, 1.0, True, True)
    f.dropout2d(b, 1.0, inplace=True); f.dropout3d(c, 1.0, inplace=True)
    f.feature_alpha_dropout(b, 1.0, True, inplace=True)
"""


@pytest.mark.parametrize("call", split(IN_PLACE))
def test_in_place_overwrites_and_returns_the_input(call: str, backend: str, torch: Any) -> None:
    name = names_of(call)[0]
    array = operands("float32")[name]
    ours, theirs = t.from_numpy(array.copy()), torch.from_numpy(array.copy())
    expected = eval(call, {"f": torch.nn.functional, name: theirs})
    assert eval(call, {"f": t.nn.functional, name: ours}) is ours
    np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=2e-6, atol=1e-7)


# ---- Random numbers

DROPPED = """
    f.dropout(x); f.dropout(x, 0.2); f.alpha_dropout(x, 0.3, True); f.dropout1d(x, 0.4)
    f.dropout2d(x[:, :, :, None]); f.dropout3d(x[:, :, :, None, None])
    f.feature_alpha_dropout(x, 0.4, True)
    f.gumbel_softmax(x, dim=1); f.gumbel_softmax(x, 0.5, hard=True)
    f.scaled_dot_product_attention(x, x, x, dropout_p=0.4)
"""


@pytest.mark.parametrize("call", split(DROPPED))
def test_random_functions_draw_the_numbers_of_pytorch(
    call: str, ffi_backend: None, torch: Any
) -> None:
    array = np.random.default_rng(1).normal(size=(20, 30, 8))
    found = []
    for library, tensor_of in ((torch, torch.from_numpy), (t, t.from_numpy)):
        library.manual_seed(5)
        x = tensor_of(array.copy()).requires_grad_()
        value = eval(call, {"f": library.nn.functional, "x": x})
        (value * value).sum().backward()
        found.append((value.detach().numpy(), x.grad.numpy()))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("call", [one for one in split(DROPPED) if "attention" not in one])
def test_random_functions_on_numpy_have_the_distribution_of_pytorch(
    call: str, numpy_backend: None, torch: Any
) -> None:
    array = np.random.default_rng(1).normal(size=(200, 300, 8))
    t.manual_seed(2)
    ours = eval(call, {"f": t.nn.functional, "x": t.from_numpy(array)}).numpy()
    theirs = eval(call, {"f": torch.nn.functional, "x": torch.from_numpy(array)}).numpy()
    assert ours.shape == theirs.shape
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.02)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.2 if "gumbel" in call else 0.02)
    assert (ours == 0).mean() == pytest.approx((theirs == 0).mean(), abs=0.02)
    if "dropout2d" in call or "dropout1d" in call:
        whole = (ours == 0).reshape(200, 300, -1)
        assert (whole.all(-1) == whole.any(-1)).all()
