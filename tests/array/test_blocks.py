"""Large operands on NumPy, which computes block for block: the same results as for small ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
import torchffi.nn.functional as f
from tests.support import inf, nan

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore:.*broadcast:UserWarning"),
]

SHAPE = (500, 331)  # more than one block, which ends within a row


def _draw(seed: int, low: float = -1.0, high: float = 1.0, shape: Any = SHAPE) -> Any:
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


# ---- Totals


@pytest.mark.parametrize("order", ["C", "F", "strided", "reversed", "broadcast"])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", ["float32", "complex64"])
def test_sum_of_any_layout_is_precise(order: str, axis: Any, name: str, backend: str) -> None:
    x = _draw(1, 0.0, 1.0, (7, 150, 130)).astype(name)
    x = {
        "C": lambda: x,
        "F": lambda: np.asfortranarray(x),
        "strided": lambda: x[:, ::2, 3:],
        "reversed": lambda: x[::-1, :, ::-1],
        "broadcast": lambda: np.broadcast_to(x[:, :1], (7, 150, 130)),
    }[order]()
    ours = t.asarray(x) if backend == "ffi" or order == "broadcast" else t.from_numpy(x)
    exact = np.sum(x, axis=axis, dtype=np.complex128 if name == "complex64" else np.float64)
    for keepdims in (False, True):
        got = t.sum(ours, axis=axis, keepdims=keepdims).numpy()
        assert got.dtype == x.dtype
        assert got.shape == np.sum(x, axis=axis, keepdims=keepdims).shape
        np.testing.assert_allclose(got.reshape(exact.shape), exact, rtol=2**-19)
    np.testing.assert_allclose(
        t.mean(ours, axis=axis).numpy(), np.mean(x.astype(exact.dtype), axis=axis), rtol=2**-19
    )


def test_total_that_overflows_on_the_way_is_finite_on_numpy() -> None:
    with t.use_backend("numpy"):
        half = np.full((200, 500), 3e38, np.float32)
        x = t.asarray(np.concatenate([half, -half, [[5.0] * 500]], dtype=np.float32))
        assert t.sum(x, axis=0).numpy().tolist() == [5.0] * 500
        assert math.isfinite(float(t.sum(x)))
        assert float(t.mean(t.asarray(half))) == pytest.approx(3e38, rel=1e-6)
        assert math.isfinite(float(t.vecdot(t.reshape(x, (-1,)), t.ones(x.size))))


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1.0, 1e18, 1e30])
def test_squares_neither_overflow_nor_underflow(scale: float, backend: str) -> None:
    x = _draw(2, 0.5, 1.0) * np.float32(scale)
    wide, ours = x.astype(np.float64), t.asarray(x)
    for axis in (None, 0, 1):
        got = t.std(ours, axis=axis).numpy()
        np.testing.assert_allclose(got, wide.std(axis=axis), rtol=1e-5)
        if backend == "numpy":  # LibTorch's norm overflows
            norm = t.linalg.vector_norm(ours, axis=axis).numpy()
            np.testing.assert_allclose(norm, np.sqrt((wide**2).sum(axis=axis)), rtol=1e-6)


def test_nan_and_infinity_reach_the_totals(backend: str) -> None:
    x = _draw(3)
    x[0, 0], x[1, 1] = nan, inf
    sums = t.sum(t.asarray(x), axis=0).numpy()
    assert np.isnan(sums[0]) and sums[1] == inf and np.isfinite(sums[2:]).all()
    assert math.isnan(float(t.linalg.vector_norm(t.asarray(x))))


# ---- Sorting


@pytest.mark.parametrize("descending", [False, True])
def test_signs_of_zeros_keep_their_order(descending: bool, backend: str) -> None:
    x = np.tile(np.array([0.0, -0.0, 2.0, 0.0, -3.0, -0.0], np.float32), 2000)
    got = t.sort(t.asarray(x), descending=descending).numpy()
    zeros = np.signbit(x[x == 0])  # a stable sort does not move them past each other
    expected = np.concatenate([[False] * 2000, zeros, [True] * 2000])
    if not descending:
        expected = np.concatenate([[True] * 2000, zeros, [False] * 2000])
    assert (np.signbit(got) == expected).all()


@pytest.mark.parametrize("name", ["float32", "int32", "bool", "uint8"])
@pytest.mark.parametrize("descending", [False, True])
def test_values_are_sorted(name: str, descending: bool, backend: str) -> None:
    x = (_draw(4, 1, 200) if name != "bool" else _draw(4) > 0).astype(name)
    got = t.sort(t.asarray(x), axis=0, descending=descending).numpy()
    expected = np.sort(x, axis=0)
    assert (got == (expected[::-1] if descending else expected)).all()


# ---- Losses and activations


LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "mse_loss": lambda f, x, y: f.mse_loss(x, y),
    "l1_loss": lambda f, x, y: f.l1_loss(x, y),
    "smooth_l1_loss": lambda f, x, y: f.smooth_l1_loss(x, y, beta=0.3),
    "huber_loss": lambda f, x, y: f.huber_loss(x, y, delta=0.3),
    "binary_cross_entropy": lambda f, x, y: f.binary_cross_entropy(x, y),
    "logits": lambda f, x, y: f.binary_cross_entropy_with_logits(x, y, pos_weight=y),
    "kl_div": lambda f, x, y: f.kl_div(x, y, reduction="sum"),
    "kl_div-log": lambda f, x, y: f.kl_div(x, y, reduction="sum", log_target=True),
    "poisson_nll_loss": lambda f, x, y: f.poisson_nll_loss(x, y, full=True),
    "soft_margin_loss": lambda f, x, y: f.soft_margin_loss(x, y),
    "margin_ranking_loss": lambda f, x, y: f.margin_ranking_loss(x, y, x, margin=0.1),
    "hinge_embedding_loss": lambda f, x, y: f.hinge_embedding_loss(x, y),
    "none": lambda f, x, y: f.huber_loss(x, y, reduction="none"),
    "broadcast": lambda f, x, y: f.mse_loss(x, y[:1]),
    "softplus": lambda f, x, y: f.softplus(x * 60 - 30, beta=2, threshold=15),
    "softplus-plain": lambda f, x, y: f.softplus(x * 10),
    "mish": lambda f, x, y: f.mish(x * 60 - 30),
    "logsigmoid": lambda f, x, y: f.logsigmoid(x * 200 - 100),
    "hardtanh": lambda f, x, y: f.hardtanh(x * 6 - 3),
    "hardswish": lambda f, x, y: f.hardswish(x * 10 - 5),
    "hardsigmoid": lambda f, x, y: f.hardsigmoid(x * 10 - 5),
    "sigmoid": lambda f, x, y: f.sigmoid(x * 200 - 100),
    "silu": lambda f, x, y: f.silu(x * 20 - 10),
    "relu": lambda f, x, y: f.relu(x - 0.5),
    "leaky_relu": lambda f, x, y: f.leaky_relu(x - 0.5),
    "prelu": lambda f, x, y: f.prelu(x - 0.5, y[:1, 0] + 0.25),
    "elu": lambda f, x, y: f.elu(x * 4 - 2, alpha=0.5),
    "threshold": lambda f, x, y: f.threshold(x, 0.5, 7.0),
    "hardshrink": lambda f, x, y: f.hardshrink(x * 4 - 2),
    "gaussian_nll_loss": lambda f, x, y: f.gaussian_nll_loss(x, y, x),
    "selu": lambda f, x, y: f.selu(x * 4 - 2),
    "softshrink": lambda f, x, y: f.softshrink(x * 4 - 2),
    "rms_norm": lambda f, x, y: f.rms_norm(x, (331,), y[0]),
    "normalize": lambda f, x, y: f.normalize(x),
    "adaptive": lambda f, x, y: f.adaptive_avg_pool1d(x, 1),
    "interpolate": lambda f, x, y: f.interpolate(x[None, None], scale_factor=2),
    "interpolate-3": lambda f, x, y: f.interpolate(x[None, None, :30], scale_factor=3),
    "embedding_bag": lambda f, x, y: f.embedding_bag((y * 299).long(), x),
}


@pytest.mark.parametrize("case", LOSSES)
def test_functions_of_large_operands_are_those_of_pytorch(case: str, torch: Any) -> None:
    x, y = _draw(5, 0.01, 0.99), _draw(6, 0.0, 1.0)
    y[:, 0] = 0
    expected = LOSSES[case](torch.nn.functional, torch.tensor(x), torch.tensor(y)).numpy()
    with t.use_backend("numpy"):
        got = LOSSES[case](f, t.asarray(x), t.asarray(y)).numpy()
    assert got.dtype == expected.dtype and got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-6)


# ---- Choices by a condition


@pytest.mark.parametrize("name", ["bool", "uint8", "int16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("layout", ["whole", "number", "row", "column", "strided"])
def test_where_chooses_each_element(name: str, layout: str) -> None:
    a, b = (np.round(_draw(seed, -9, 9)).astype(name) for seed in (9, 10))
    condition = _draw(11) > 0.3
    if name.startswith("float"):
        a[0, :4] = [nan, inf, -inf, -0.0]
    b = {"number": b[3, 3], "row": b[3], "column": b[:, :1]}.get(layout, b)
    if layout == "strided":
        a, b, condition = a[::-1, :-1:2], b[:, 1::2][:, ::-1], condition[:, 1::2]
    expected, elements = np.where(condition, a, b), a[condition]
    value = np.ravel(b)[0]
    with t.use_backend("numpy"):
        mask, x = t.from_numpy(condition), t.from_numpy(a)
        got = t.where(mask, x, t.from_numpy(np.asarray(b))).numpy()
        picked = x[mask].numpy()
        x[mask] = t.asarray(value)
    assert got.dtype == expected.dtype and got.tobytes() == expected.tobytes()
    assert picked.tobytes() == elements.tobytes()
    assert a.tobytes() == np.where(condition, value, a).tobytes()


def test_elements_by_a_mask_keep_their_order() -> None:
    x = _draw(12)
    mask = _draw(13) > 0
    with t.use_backend("numpy"):
        assert (t.from_numpy(x)[t.from_numpy(mask)].numpy() == x[mask]).all()
        assert t.from_numpy(x)[t.zeros(SHAPE, dtype=t.bool)].shape == (0,)
        assert (t.from_numpy(x.T)[t.from_numpy(mask.T)].numpy() == x.T[mask.T]).all()
        expected = np.where(mask, np.float32(2.5), x)
        ours = t.from_numpy(x)
        ours[t.from_numpy(mask)] = 2.5
        assert (x == expected).all()
        with pytest.raises(IndexError):
            ours[t.zeros((500, 330), dtype=t.bool)]


def test_divmod_of_many_integers_is_that_of_numpy(backend: str) -> None:
    a, b = (np.round(_draw(seed, -9, 9)).astype(np.int64) for seed in (14, 15))
    b[b == 0] = 5
    x, y = t.asarray(a), t.asarray(b)
    for ours, theirs in ((divmod(x, y), divmod(a, b)), (divmod(-7, y), divmod(-7, b)),
                         (divmod(-7, y), divmod(-7, b)), (divmod(x, 4), divmod(a, 4))):  # fmt: skip
        for got, expected in zip(ours, theirs, strict=True):
            assert got.dtype is t.int64 and (got.numpy() == expected).all()
    with pytest.raises(ValueError, match="division by zero"):
        divmod(x, t.zeros(SHAPE, dtype=t.int64))


# ---- In place


@pytest.mark.parametrize("shape", [(3, 4), SHAPE])
@pytest.mark.parametrize(
    "text",
    ["x.abs_()", "x.exp_()", "x.relu_()", "x.clamp_(-0.5, 0.5)", "x.add_(0.5)", "x.mul_(y)",
     "x.copy_(y)", "x.sigmoid_()", "x.sub_(y, alpha=2)", "x.div_(y)"],
)  # fmt: skip
def test_in_place_methods_write_to_the_memory(text: str, shape: Any, torch: Any) -> None:
    x, y = _draw(7, shape=shape), _draw(8, 0.5, 1.0, shape)
    expected = torch.tensor(x)
    eval(text, {"x": expected, "y": torch.tensor(y)})
    with t.use_backend("numpy"):
        ours = t.from_numpy(x)
        assert eval(text, {"x": ours, "y": t.asarray(y)}) is ours
        np.testing.assert_allclose(x, expected.numpy(), rtol=1e-6, atol=1e-7)
        wide = t.broadcast_to(t.ones(()), (3, 4))
        with pytest.raises(ValueError, match="single memory location"):
            eval(text, {"x": wide, "y": t.ones((3, 4))})


# ---- Ranges


def test_long_ranges_are_rounded_once(backend: str) -> None:
    for first, last, step in ((0.0, 1.0, 1e-5), (0.1, 7.0, 3e-4), (5.0, -5.0, -1e-4)):
        got = t.arange(first, last, step).numpy()
        exact = first + np.arange(len(got)) * step
        assert len(got) == math.ceil((last - first) / step)
        np.testing.assert_allclose(got, exact, rtol=2**-23, atol=1e-7)


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_long_frequencies_have_the_bits_of_numpy(name: str, backend: str) -> None:
    for n in (100_000, 100_001):
        expected = getattr(np.fft, name)(n, 0.1)
        for dtype in (t.float32, t.float64):
            got = getattr(t.fft, name)(n, d=0.1, dtype=dtype).numpy()
            np.testing.assert_array_equal(got, expected.astype(got.dtype))


# ---- Keys with several tensors, on arrays


@pytest.mark.parametrize(
    "text",
    ["x[i, 0]", "x[0, i]", "x[i, :, 1]", "x[:, i]", "x[i, None]", "x[::-1, i]", "x[i, j]", "x[..., i]",
     "x[i[:, None], j]", "x[i, 1:3]", "x[m, 0]", "x[0, ..., i]"],
)  # fmt: skip
def test_keys_of_tensors_and_others_are_those_of_numpy(text: str, backend: str) -> None:
    names = {
        "x": np.arange(60).reshape(3, 4, 5),
        "i": np.array([2, 0, -1]),
        "j": np.array([1, 1, 0]),
    }
    names["m"] = np.array([True, False, True])
    ours = {name: t.asarray(value) for name, value in names.items()}
    got, expected = eval(text, dict(ours)), eval(text, dict(names))
    assert got.shape == expected.shape and (got.numpy() == expected).all()
    got[...] = -1  # a copy
    assert (ours["x"].numpy() == names["x"]).all()
