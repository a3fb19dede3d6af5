"""The gradient of every function of the namespace is PyTorch's.

Those of most functions of nn.functional are compared in ``tests/nn/test_functional.py``.
"""

from __future__ import annotations

import re
import types
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.gradients.functions import CALLS, WITHOUT
from tests.gradients.test_operators import patterned
from tests.nn import calls as nn_calls

pytestmark = pytest.mark.usefixtures("ffi_backend")


def operands() -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(5)
    square = draw.normal(size=(3, 3))
    return {
        "x": draw.normal(size=(2, 3)),
        "y": draw.normal(size=(2, 3)),
        "p": draw.uniform(0.5, 2.0, size=(2, 3)),
        "u": draw.uniform(-0.9, 0.9, size=(2, 3)),
        "q": draw.normal(size=(3, 3)),
        "s": square @ square.T + 3 * np.eye(3),
        "v": draw.normal(size=3),
        "n": draw.normal(size=4),
        "z": draw.normal(size=(2, 3)) + 1j * draw.normal(size=(2, 3)),
        "i": np.array([1, 0, 1]),
        "j": np.array([[0, 1], [1, 1]]),
        "m": np.array([[True, False, True], [False, True, True]]),
        "m3": np.array([[True, False, True], [True, True, True], [False, True, True]]),
    }


def gradients(library: Any, tensor_of: Any, call: str) -> list[tuple[str, Any]]:
    """The result of a call, and the gradients of its operands, as NumPy arrays by name."""
    names = {name: tensor_of(array) for name, array in operands().items()}
    used = [name for name in re.findall(r"\b[a-z]\b", call) if name in names and name not in "ijm"]
    leaves = {name: names[name].requires_grad_() for name in dict.fromkeys(used)}
    result = eval(call, {"t": library, **names})
    assert result.requires_grad, "the result does not require gradients"
    start = tensor_of(patterned(tuple(result.shape), str(result.dtype).rpartition(".")[2]))
    found = library.autograd.grad(result, list(leaves.values()), start, allow_unused=True)
    arrays = [result, *found]
    return [
        (name, None if one is None else np.asarray(one.detach().tolist()))
        for name, one in zip(["the result", *leaves], arrays, strict=True)
    ]


@pytest.mark.parametrize(("ours", "theirs"), CALLS, ids=[ours for ours, _ in CALLS])
def test_the_gradient_is_that_of_pytorch(torch: Any, ours: str, theirs: str) -> None:
    expected = gradients(torch, torch.from_numpy, theirs)
    actual = gradients(torchffi, torchffi.from_numpy, ours)
    assert [name for name, _ in actual] == [name for name, _ in expected]
    for (name, a), (_, b) in zip(actual, expected, strict=True):
        assert (a is None) == (b is None), name
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12, err_msg=name)


def test_every_function_is_called_or_listed() -> None:
    text = " ".join([*(ours for ours, _ in CALLS), nn_calls.CALLS, nn_calls.OF_LIBTORCH])
    names = [
        name
        for name in torchffi.__all__
        if isinstance(getattr(torchffi, name), types.FunctionType) and name not in WITHOUT
    ]
    for module in (torchffi.linalg, torchffi.fft, torchffi.nn.functional):
        names += [
            name
            for name in getattr(module, "__all__", [])
            if isinstance(getattr(module, name), types.FunctionType) and name not in WITHOUT
        ]
    missing = [name for name in names if not re.search(rf"\b{name}\(", text)]
    assert missing == []


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("t.std(x, axis=1)", "x.std(1, correction=0)"),
        ("t.linalg.vector_norm(x, axis=1)", "t.linalg.vector_norm(x, 2, 1)"),
    ],
)
def test_the_gradient_of_what_is_rescaled_is_that_in_float64(
    torch: Any, ours: str, theirs: str
) -> None:
    values = np.array(
        [[0.0, 0.0, 0.0], [1e20, -1e20, 5e19], [1e-30, 3e-30, -1e-30], [1.0, 2.0, 4.0]]
    )
    wide = torch.from_numpy(values).requires_grad_()
    eval(theirs, {"t": torch, "x": wide}).sum().backward()
    narrow = torchffi.astype(torchffi.from_numpy(values), torchffi.float32).requires_grad_()
    eval(ours, {"t": torchffi, "x": narrow}).sum().backward()
    assert narrow.grad is not None
    np.testing.assert_allclose(narrow.grad.numpy(), wide.grad.numpy(), rtol=1e-5)


# What the shim computes in a wider dtype, or in blocks.
LARGE = [
    (ours, theirs)
    for axis in ("0", "1", "None")
    for ours, theirs in [
        (f"t.sum(x, axis={axis})", f"x.sum({axis})"),
        (f"t.mean(x, axis={axis})", f"x.mean({axis})"),
        (f"t.std(x, axis={axis})", f"x.std({axis}, correction=0)"),
        (f"t.var(x, axis={axis})", f"x.var({axis}, correction=0)"),
        (f"t.linalg.vector_norm(x, axis={axis})", f"t.linalg.vector_norm(x, 2, {axis})"),
        (f"t.max(x, axis={axis})", "x.amax()" if axis == "None" else f"x.amax({axis})"),
    ]
    + [
        (f"t.cumulative_sum(x, axis={axis})", f"x.cumsum({axis})"),
        (f"t.nn.functional.softmax(x, {axis})", f"x.softmax({axis})"),
        (f"t.nn.functional.log_softmax(x, {axis})", f"x.log_softmax({axis})"),
    ]
    * (axis != "None")
] + [
    ("t.prod(w, axis=1)", "w.prod(1)"),
    ("t.nn.functional.layer_norm(x, (200,))", "t.nn.functional.layer_norm(x, (200,))"),
    ("t.addmm(b, b, b)", "t.addmm(b, b, b)"),
    ("b @ b", "b @ b"),
    ("x[m]", "x[m]"),
]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(("ours", "theirs"), LARGE, ids=[ours for ours, _ in LARGE])
def test_the_gradient_of_many_elements_is_close_to_that_in_float64(
    torch: Any, ours: str, theirs: str, dtype: str
) -> None:
    draw = np.random.default_rng(3)
    whole = {
        "x": draw.normal(size=(300, 200)), "b": draw.normal(size=(40, 40)),
        "w": draw.uniform(0.95, 1.05, size=(300, 60)),
    }  # fmt: skip
    rounded = {
        name: torch.asarray(array).to(getattr(torch, dtype)).double().numpy()
        for name, array in whole.items()
    }

    def gradient(library: Any, tensor_of: Any, narrow: Any, call: str) -> Any:
        leaves = {name: tensor_of(array.copy()).requires_grad_() for name, array in rounded.items()}
        given = {name: narrow(leaf) for name, leaf in leaves.items()}
        result = eval(call, {"t": library, "m": tensor_of(rounded["x"] > 0), **given})
        start = narrow(tensor_of(patterned(tuple(result.shape), "float64")))
        name = next(name for name in leaves if name in re.findall(r"\b[a-z]\b", call))
        (found,) = library.autograd.grad(result, leaves[name], start)
        return np.asarray(found.tolist())

    expected = gradient(torch, torch.from_numpy, lambda x: x, theirs)
    actual = gradient(
        torchffi,
        torchffi.from_numpy,
        lambda x: torchffi.astype(x, getattr(torchffi.dtypes, dtype)),
        ours,
    )
    error = {"float32": 2e-6, "float16": 4e-3, "bfloat16": 4e-2}[dtype]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(actual, expected, rtol=error, atol=error * scale)
