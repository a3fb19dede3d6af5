"""Results are as precise as their dtype: float16, long axes, extreme values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import dtype_of, inf, nan

pytestmark = pytest.mark.filterwarnings("error")

Function = Callable[..., Any]


# ---- float16: as in float64, rounded once


def _near_one(x: Any) -> Any:
    return 1 + x * 1e-4


def _attention(f: Any, x: Any) -> Any:
    return f.scaled_dot_product_attention(x[None], x[None], x[None])


# What is done to numbers from -300 to 300; the function of torchffi; that of torch, in float64.
FLOAT16: dict[str, tuple[Function, Function, Function]] = {
    "sum": (lambda x: x, lambda x: t.sum(x, axis=0), lambda torch, x: x.sum(0)),
    "mean": (lambda x: x, lambda x: t.mean(x, axis=0), lambda torch, x: x.mean(0)),
    "mean-all": (abs, t.mean, lambda torch, x: x.mean()),
    "var": (
        lambda x: x * 0.1,
        lambda x: t.var(x, axis=0),
        lambda torch, x: x.var(0, correction=0),
    ),
    "std": (lambda x: x, lambda x: t.std(x, axis=0), lambda torch, x: x.std(0, correction=0)),
    "prod": (_near_one, lambda x: t.prod(x, axis=0), lambda torch, x: x.prod(0)),
    "cumulative_sum": (
        lambda x: abs(x) * 0.01,
        lambda x: t.cumulative_sum(x, axis=0),
        lambda torch, x: x.cumsum(0),
    ),
    "cumulative_prod": (
        _near_one,
        lambda x: t.cumulative_prod(x, axis=0),
        lambda torch, x: x.cumprod(0),
    ),
    "vector_norm": (
        lambda x: x,
        lambda x: t.linalg.vector_norm(x, axis=0),
        lambda torch, x: torch.linalg.vector_norm(x, dim=0),
    ),
    "vector_norm-3": (
        lambda x: x,
        lambda x: t.linalg.vector_norm(x, axis=1, ord=3),
        lambda torch, x: torch.linalg.vector_norm(x, 3, dim=1),
    ),
    "matmul": (lambda x: x * 0.1, lambda x: x.T @ x, lambda torch, x: x.T @ x),
    "vecdot": (lambda x: x * 0.1, lambda x: t.vecdot(x, x), lambda torch, x: (x * x).sum(-1)),
    "addmm": (
        lambda x: x,
        lambda x: t.linalg.addmm(x[:4], x[:4, :4], x[:4], beta=0.5, alpha=0.1),
        lambda torch, x: torch.addmm(x[:4], x[:4, :4], x[:4], beta=0.5, alpha=0.1),
    ),
    "linear": (
        lambda x: x,
        lambda x: t.nn.linear(x, x[:3], x[:3, 0]),
        lambda torch, x: torch.nn.functional.linear(x, x[:3], x[:3, 0]),
    ),
    "layer_norm": (
        lambda x: x,
        lambda x: t.nn.layer_norm(x, (5,)),
        lambda torch, x: torch.nn.functional.layer_norm(x, (5,)),
    ),
    "attention": (
        lambda x: x * 0.05,
        lambda x: _attention(t.nn, x),
        lambda torch, x: _attention(torch.nn.functional, x),
    ),
    "softmax": (lambda x: x * 0.01, lambda x: t.nn.softmax(x, 0), lambda torch, x: x.softmax(0)),
    "softmax-last": (lambda x: x, t.nn.softmax, lambda torch, x: x.softmax(-1)),
    "log_softmax": (
        lambda x: x,
        lambda x: t.nn.log_softmax(x, 0),
        lambda torch, x: x.log_softmax(0),
    ),
    "sigmoid": (lambda x: x * 0.01, t.nn.sigmoid, lambda torch, x: x.sigmoid()),
    "silu": (lambda x: x * 0.01, t.nn.silu, lambda torch, x: torch.nn.functional.silu(x)),
    "gelu": (lambda x: x * 0.01, t.nn.gelu, lambda torch, x: torch.nn.functional.gelu(x)),
    "gelu-tanh": (
        lambda x: x * 0.01,
        lambda x: t.nn.gelu(x, approximate="tanh"),
        lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh"),
    ),
    "rsqrt": (abs, t.rsqrt, lambda torch, x: x.rsqrt()),
}


@pytest.mark.parametrize("rows", [40, 14000])
@pytest.mark.parametrize("case", FLOAT16)
def test_float16_is_rounded_once(case: str, rows: int, backend: str, torch: Any) -> None:
    if case == "attention" and rows == 14000:
        rows = 700
    prepare, ours, theirs = FLOAT16[case]
    values = np.random.default_rng(3).uniform(-300, 300, (rows, 5)).astype(np.float16)
    values = np.asarray(prepare(values), np.float16)
    got = ours(t.asarray(values)).numpy()
    assert got.dtype == np.float16
    expected = theirs(torch, torch.from_numpy(values).double()).numpy()
    with np.errstate(all="ignore"):
        rounded = expected.astype(np.float16)
        spacing = np.spacing(np.abs(rounded)).astype(np.float64)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(got[~finite], rounded[~finite])
    errors = np.abs(got[finite].astype(np.float64) - expected[finite])
    # Terms that cancel leave an error of float32.
    assert (errors <= spacing[finite] + 2**-20 * np.abs(values).max()).all()


def test_long_rows_of_log_softmax_do_not_overflow_float16(backend: str) -> None:
    for length in (4096, 65504, 2 * 65504):
        result = t.nn.log_softmax(t.zeros((2, length), dtype=dtype_of("float16")))
        assert (result.numpy() == np.float16(-math.log(length))).all()


def test_product_of_float16_does_not_overflow_on_the_way(backend: str) -> None:
    values = t.asarray([300, 300, 1 / 512, 1 / 512], dtype=dtype_of("float16"))
    exact = np.float16(300 * 300 / 512 / 512)
    assert t.prod(values).numpy() == exact
    assert t.cumulative_prod(values).numpy().tolist() == [
        300,
        inf,
        np.float16(300 * 300 / 512),
        exact,
    ]


# ---- Axes on which a running total of float32 stops at 2**24, and one of float16 at 2**11

LONG = 2**24 + 2**20
_ONES: dict[str, tuple[Function, float]] = {
    "sum": (lambda x, axis: t.sum(x, axis=axis, dtype=t.float32), LONG),
    "mean": (lambda x, axis: t.mean(x, axis=axis), 1),
    "std": (lambda x, axis: t.std(x, axis=axis), 0),
    "var": (lambda x, axis: t.var(x, axis=axis), 0),
    "vector_norm": (
        lambda x, axis: t.linalg.vector_norm(t.astype(x, t.float32), axis=axis),
        LONG**0.5,
    ),
    "softmax": (lambda x, axis: t.nn.softmax(x, axis)[:1], 1 / LONG),
    "log_softmax": (lambda x, axis: t.nn.log_softmax(x, axis)[:1], -math.log(LONG)),
    "cumulative_sum": (
        lambda x, axis: t.cumulative_sum(x, axis=axis, dtype=t.float32)[-1],
        LONG,
    ),
    "count_nonzero": (lambda x, axis: t.count_nonzero(x, axis=axis), LONG),
}


@pytest.mark.parametrize("name", ["float16", "float32"])
@pytest.mark.parametrize("case", _ONES)
def test_long_axis_is_totalled_exactly(case: str, name: str, backend: str) -> None:
    function, expected = _ONES[case]
    ones = t.ones((LONG, 1), dtype=dtype_of(name))
    precision = 2**-10 if name == "float16" else 2**-22
    for x in (ones, t.broadcast_to(ones[:, 0], (2, LONG)).T if case == "sum" else ones[:, 0]):
        assert function(x, 0).numpy() == pytest.approx(expected, rel=precision, abs=1e-7)


@pytest.mark.parametrize("columns", [1, 3])
def test_spread_of_constant_columns_is_zero(columns: int, backend: str) -> None:
    x = t.full((1_000_000, columns), 1234.1)
    assert (t.std(x, axis=0).numpy() < 1e-3).all()
    assert t.mean(x, axis=0).numpy() == pytest.approx(np.float32(1234.1), rel=2**-19)


# ---- Results that fit into the dtype, although the squares or the sum on the way do not

LARGEST = {"float32": 3e38, "float64": 1.5e308}
SMALLEST = {"float32": 1e-42, "float64": 1e-310}


@pytest.mark.parametrize("name", ["float32", "float64"])
@pytest.mark.parametrize("axis", [None, 0])
def test_extreme_values_do_not_overflow_on_the_way(name: str, axis: Any, backend: str) -> None:
    for value in (LARGEST[name], LARGEST[name] ** 0.6, SMALLEST[name], SMALLEST[name] ** 0.6):
        x = t.asarray([value, -value], dtype=dtype_of(name))
        exact = float(x[0])
        assert float(t.std(x, axis=axis)) == pytest.approx(exact, rel=1e-5)
        assert float(t.mean(abs(x), axis=axis)) == pytest.approx(exact, rel=1e-5)
        half = x / 2
        exact = float(half[0])
        for order in (2, 3, 1.5, 1):
            norm = float(t.linalg.vector_norm(half, axis=axis, ord=order))
            assert norm == pytest.approx(exact * 2 ** (1 / order), rel=1e-5)


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_extreme_and_usual_columns_do_not_disturb_each_other(name: str, backend: str) -> None:
    large, small = LARGEST[name], SMALLEST[name]
    x = t.asarray(
        [[large, 1, small, 0, inf, nan], [-large, 3, -small, 0, 1, 1]], dtype=dtype_of(name)
    )
    std = t.std(x, axis=0).numpy()
    exact = x.numpy()[0]
    assert std[:4] == pytest.approx([exact[0], 1, exact[2], 0], rel=1e-5, abs=0)
    assert np.isnan(std[4:]).all()
    norms = t.linalg.vector_norm(x / 2, axis=0).numpy()
    root = math.sqrt(0.5)
    assert norms[:4] == pytest.approx(
        [exact[0] * root, 2.5**0.5, exact[2] * root, 0], rel=1e-5, abs=0
    )
    assert norms[4] == inf and np.isnan(norms[5])


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_extreme_complex_values_do_not_overflow_on_the_way(name: str, backend: str) -> None:
    value = LARGEST["float32" if name == "complex64" else "float64"] / 4
    x = t.asarray([complex(value, value), complex(-value, value)], dtype=dtype_of(name))
    assert float(t.linalg.vector_norm(x)) == pytest.approx(2 * value, rel=1e-5)


@pytest.mark.parametrize("shape", [(300, 1000), (1000, 300), (2, 100, 1500)])
@pytest.mark.parametrize("layout", ["contiguous", "transposed", "strided"])
def test_many_elements_are_compared_and_totalled_as_few(
    shape: tuple[int, ...], layout: str, backend: str
) -> None:
    generator = np.random.default_rng(0)
    values = generator.standard_normal(shape).astype("float32") * 30
    values = {"contiguous": values, "transposed": values.T, "strided": values[..., ::2]}[layout]
    x = t.asarray(values)
    wide = values.astype("float64")
    for axes in (0, -1, tuple(range(values.ndim))):
        largest = wide.max(axes, keepdims=True)
        total = np.log(np.exp(wide - largest).sum(axes, keepdims=True)) + largest
        found = x.logsumexp(axes, keepdim=True)
        assert found.dtype is t.float32 and found.shape == total.shape
        np.testing.assert_allclose(found.numpy(), total, 3e-7, 3e-7)
        np.testing.assert_array_equal(x.logsumexp(axes).numpy(), found.numpy().squeeze(axes))
    near = values * np.float32(1 + 2e-5)
    near.flat[:3] = inf, -inf, np.nan
    y = t.asarray(near)
    expected = np.isclose(values, near, 1e-5, 1e-4)
    assert 0.01 < expected.mean() < 0.99
    np.testing.assert_array_equal(x.isclose(y, 1e-5, 1e-4).numpy(), expected)
    assert y.isclose(y, equal_nan=True).numpy().all() and not y.allclose(y)
