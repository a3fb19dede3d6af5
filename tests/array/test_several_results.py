"""Functions that return several tensors, and the parts of complex tensors, which are views."""

from __future__ import annotations

import gc
import math
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check


@pytest.mark.parametrize("length", [0, 1, 2, 64, 65, 100])
def test_unstack_returns_as_many_views_as_the_axis_is_long(length: int, backend: str) -> None:
    values = np.arange(2.0 * length, dtype="float32").reshape(2, length)
    x = t.asarray(values)
    parts = t.unstack(x, axis=1)
    assert type(parts) is tuple
    assert len(parts) == length
    for part, expected in zip(parts, values.T, strict=True):
        check(part, expected)
        assert np.shares_memory(part.numpy(), x.numpy())


def test_results_are_freed_with_their_last_reference(ffi_backend: None) -> None:
    x = t.eye(3)
    t.linalg.svd(x)
    gc.collect()
    before = t.memory_stats()
    u, s, vh = t.linalg.svd(x)
    assert t.memory_stats()["live_handles"] == before["live_handles"] + 3
    del u, s, vh
    gc.collect()
    assert t.memory_stats()["live_handles"] == before["live_handles"]


def test_a_failed_call_with_several_results_leaves_none(ffi_backend: None) -> None:
    x = t.asarray(np.full((2, 2), math.nan, "float32"))
    before = t.memory_stats()["live_handles"]
    for function in (t.linalg.svd, t.linalg.eig, t.linalg.eigh):
        with pytest.raises(ValueError, match="input contains NaN or inf"):
            function(x)
    assert t.memory_stats()["live_handles"] == before


def test_real_and_imaginary_parts_are_views(backend: str) -> None:
    z = t.asarray(np.asarray([[1 + 2j, 3 + 4j]], "complex64"))
    t.real(z)[0, 0] = 5.0
    t.imag(z[0])[1] = -7.0
    check(z, np.asarray([[5 + 2j, 3 - 7j]], "complex64"))
    check(t.real(z.T), np.asarray([[5], [3]], "float32"))


@pytest.mark.parametrize("of_view", [False, True])
def test_gradients_of_parts_are_those_of_pytorch(
    of_view: bool, ffi_backend: None, torch: Any
) -> None:
    values = np.asarray([[1 + 2j, 3 + 4j]], "complex64")
    gradients = []
    for xp, z in ((t, t.asarray(values.copy())), (torch, torch.from_numpy(values.copy()))):
        z.requires_grad_(True)
        doubled = (z[0] if of_view else z) * 2
        xp.real(doubled)[..., 0] = 0.0  # a write that is recorded
        (xp.real(doubled) * 2 + xp.imag(doubled) * 3).sum().backward()
        gradients.append(z.grad.numpy())
    np.testing.assert_array_equal(*gradients)


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [  # the standard's special cases
        (INF, 2, INF), (INF, -2, -INF), (-INF, 2, -INF), (1, INF, 0.0), (-1, INF, -0.0),
        (1, -INF, -0.0), (-1, -INF, 0.0), (INF, INF, NAN), (NAN, 1, NAN), (7, -2, -4), (0, 5, 0.0),
    ],
)  # fmt: skip
def test_floor_divide_rounds_the_quotient_of_infinities(
    a: float, b: float, quotient: float, name: str, backend: str
) -> None:
    dtype = getattr(t.dtypes, name)
    for shape in ((), (3,), (40,)):
        x, y = t.full(shape, a, dtype=dtype), t.full(shape, b, dtype=dtype)
        expected = np.full(shape, quotient, name)
        for result in (x // y, t.floor_divide(x, y), x // float(b)):
            actual = result.numpy()
            np.testing.assert_array_equal(actual, expected)
            if not math.isnan(quotient):
                assert (np.signbit(actual) == np.signbit(expected)).all()


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_zero_remainders_have_the_sign_of_the_divisor(name: str, backend: str) -> None:
    a = np.asarray([4, -4, 0.0, -0.0, 5] * 10, name)
    for divisor in (2.0, -2.0):
        for b in (np.full(50, divisor, name), np.asarray(divisor, name)):
            result = t.remainder(t.asarray(a), t.asarray(b)).numpy()
            assert (np.signbit(result) == (divisor < 0)).all()


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_sign_of_nan_is_nan_and_of_zero_is_zero(name: str, backend: str) -> None:
    values = np.asarray([NAN, -INF, -0.5, -0.0, 0.0, 0.5, INF] * 7, name)
    expected = np.asarray([NAN, -1, -1, 0, 0, 1, 1] * 7, name)
    for x, answer in zip(
        *[(v, v[::2], v.reshape(7, 7).T) for v in (values, expected)], strict=True
    ):
        np.testing.assert_array_equal(t.sign(t.asarray(x)).numpy(), answer)
