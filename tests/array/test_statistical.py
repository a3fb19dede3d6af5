"""Reductions, on both backends, compared with NumPy and PyTorch."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    NAMES,
    REALS,
    SIGNED,
    UNSIGNED,
    check,
    dtype_of,
    inf,
    nan,
    sample,
)

pytestmark = pytest.mark.filterwarnings("error")

AXES = [None, 0, -1, (0, 2), (1,), (), (0, 1, 2)]
ADMITS = {
    "sum": NAMES,
    "prod": NAMES,
    "mean": (*FLOATS, *COMPLEX),
    "var": FLOATS,
    "std": FLOATS,
    "max": REALS,
    "min": REALS,
    "all": NAMES,
    "any": NAMES,
}
CASES = [(function, name) for function in ADMITS for name in ADMITS[function]]


def _wide(name: str) -> str:
    """The dtype of a sum of integers."""
    return "int64" if name in ("bool", *SIGNED) else "uint64" if name in UNSIGNED else name


def _expected(function: str, x: Any, axis: Any, **keywords: Any) -> Any:
    """The result of NumPy, computed in the widest dtype of its kind."""
    name = x.dtype.name
    if name in (*FLOATS, *COMPLEX) and function not in ("all", "any"):
        wide = x.astype("complex128" if name in COMPLEX else "float64")
        return np.asarray(getattr(np, function)(wide, axis=axis, **keywords), name)
    if function in ("sum", "prod"):
        keywords["dtype"] = _wide(name)
    return np.asarray(getattr(np, function)(x, axis=axis, **keywords))


@pytest.mark.parametrize(("function", "name"), CASES)
def test_reduction_computes_what_numpy_computes(function: str, name: str, backend: str) -> None:
    values = np.roll(sample(name, 24), 5).reshape(2, 3, 4)
    if function == "prod":
        values = np.sign(values) if name not in ("bool", *COMPLEX) else values
        values = (values / 2).astype(name) if name in COMPLEX else values
    for axis, keepdims in itertools.product(AXES, (False, True)):
        expected = _expected(function, values, axis, keepdims=keepdims)
        actual = getattr(t, function)(t.asarray(values), axis=axis, keepdims=keepdims)
        rtol = {"float16": 5e-3, "float32": 1e-5, "complex64": 1e-5}.get(name, 1e-13)
        check(actual, expected, rtol=rtol, atol=1e-3 if name == "float16" else 1e-7)
        assert actual.backend == backend
        check(getattr(t.asarray(values), function)(axis, keepdims=keepdims), actual.numpy())


@pytest.mark.parametrize("function", ADMITS)
def test_reduction_of_an_unsupported_dtype_is_a_type_error(function: str, backend: str) -> None:
    for name in NAMES:
        if name not in ADMITS[function]:
            with pytest.raises(TypeError, match=f"{function}: {name} is not supported"):
                getattr(t, function)(t.asarray(sample(name)))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, ()])
@pytest.mark.parametrize("function", ADMITS)
def test_scalar_reduces_to_itself(function: str, axis: Any, keepdims: bool, backend: str) -> None:
    x = t.asarray(3.0)
    expected = np.asarray(getattr(np, function)(np.array(3.0)))
    expected = expected if expected.dtype == bool else expected.astype("float32")
    check(getattr(t, function)(x, axis=axis, keepdims=keepdims), expected)


@pytest.mark.parametrize(
    ("function", "expected"),
    [("sum", 0.0), ("prod", 1.0), ("mean", nan), ("var", nan), ("std", nan), ("all", True),
     ("any", False)],
)  # fmt: skip
def test_reduction_of_an_empty_axis_gives_the_neutral_element(
    function: str, expected: Any, backend: str
) -> None:
    name = "bool" if isinstance(expected, bool) else "float32"
    check(getattr(t, function)(t.zeros((0, 3))), np.array(expected, name))
    check(getattr(t, function)(t.zeros((0, 3)), axis=0), np.full(3, expected, name))
    check(getattr(t, function)(t.zeros((0, 3)), axis=1), np.full(0, expected, name))


@pytest.mark.parametrize("function", ["max", "min"])
def test_extreme_of_nothing_is_a_value_error_that_shows_the_shape(
    function: str, backend: str
) -> None:
    with pytest.raises(
        ValueError, match=rf"{function}: cannot reduce empty axes .* of shape \(0, 3\)"
    ):
        getattr(t, function)(t.zeros((0, 3)))
    with pytest.raises(
        ValueError, match=rf"{function}: cannot reduce empty axes .* of shape \(2, 0\)"
    ):
        getattr(t, function)(t.zeros((2, 0)), axis=1)
    assert getattr(t, function)(t.zeros((2, 0)), axis=0).shape == (0,)


@pytest.mark.parametrize("correction", [0, 1, 1.5, 5, 7])
@pytest.mark.parametrize("function", ["var", "std"])
def test_variance_takes_the_correction_of_torch(
    function: str, correction: float, backend: str, torch: Any
) -> None:
    values = sample("float64", 10).reshape(2, 5)
    with warnings.catch_warnings():  # PyTorch warns if the degrees of freedom are 0
        warnings.simplefilter("ignore")
        expected = getattr(torch.from_numpy(values), function)(1, correction=correction)
    actual = getattr(t, function)(t.asarray(values), axis=1, correction=correction)
    check(actual, expected.numpy(), rtol=1e-13)


@pytest.mark.parametrize("name", ["int8", "uint8", "int32", "uint32", "bool"])
def test_sum_of_integers_does_not_overflow(name: str, backend: str) -> None:
    x = np.full(1000, np.iinfo(name).max if name != "bool" else 1, name)
    check(t.sum(t.asarray(x)), np.sum(x, dtype=_wide(name)))


@pytest.mark.parametrize(
    ("name", "to"),
    [("int8", "int16"), ("int64", "float32"), ("float32", "float64"), ("float32", "int64"),
     ("float64", "complex64"), ("bool", "float32"), ("int32", "uint8"), ("uint16", "uint32")],
)  # fmt: skip
@pytest.mark.parametrize("function", ["sum", "prod"])
def test_sum_and_prod_convert_to_the_requested_dtype_first(
    function: str, name: str, to: str, backend: str
) -> None:
    values = sample(name, 4)
    expected = getattr(np, function)(values.astype(to), dtype=to)
    check(getattr(t, function)(t.asarray(values), dtype=dtype_of(to)), expected)


@pytest.mark.parametrize("function", ["sum", "prod"])
def test_sum_to_a_dtype_that_drops_the_imaginary_part_is_a_type_error(
    function: str, backend: str
) -> None:
    with pytest.raises(TypeError, match=f"{function}: complex64 to float32 would drop"):
        getattr(t, function)(t.ones(2, dtype=t.complex64), dtype=t.float32)


def test_nan_and_infinity_go_through_reductions(backend: str) -> None:
    x = t.asarray([[1.0, nan], [inf, 2.0], [inf, -inf]])
    check(t.max(x, axis=1), np.array([nan, inf, inf], "float32"))
    check(t.min(x, axis=1), np.array([nan, 2, -inf], "float32"))
    check(t.sum(x, axis=1), np.array([nan, inf, nan], "float32"))
    check(t.mean(x, axis=1), np.array([nan, inf, nan], "float32"))
    check(t.all(x), np.array(True))
    check(t.any(t.asarray([0.0, -0.0])), np.array(False))
    check(t.any(t.asarray([0.0, nan])), np.array(True))


def test_sum_of_many_float32_is_accurate(backend: str) -> None:
    # Added one by one in float32, the sum would stop at 2**24.
    assert t.sum(t.ones(2**25)).item() == 2**25
    assert t.mean(t.full(2**25, 0.1)).item() == pytest.approx(0.1, rel=1e-6)


def test_mean_of_many_float16_does_not_overflow(backend: str) -> None:
    x = t.full(100_000, 3, dtype=t.dtypes.float16)
    check(t.mean(x), np.array(3, "float16"))
    check(t.var(x), np.array(0, "float16"))


@pytest.mark.parametrize("name", INTEGERS)
def test_extremes_know_the_whole_range_of_integers(name: str, backend: str) -> None:
    limits = np.iinfo(name)
    x = t.asarray(np.array([limits.max, limits.min, 0], name))
    check(t.max(x), np.array(limits.max, name))
    check(t.min(x), np.array(limits.min, name))
    assert t.argmax(x).item() == 0
    assert t.argmin(x).item() == 1


def test_reduction_reads_views(backend: str) -> None:
    x = np.arange(24.0).reshape(4, 6)
    view = t.asarray(x).T[1::2]
    check(t.sum(view, axis=0), x.T[1::2].sum(0))
    check(t.max(view, axis=1), x.T[1::2].max(1))
    check(t.prod(t.broadcast_to(t.asarray(2.0), (5,))), np.array(32, "float32"))


@pytest.mark.parametrize("function", ["cumulative_sum", "cumulative_prod"])
@pytest.mark.parametrize("name", NAMES)
def test_running_totals_are_those_of_numpy(name: str, function: str, backend: str) -> None:
    values = np.roll(sample(name, 24), 3).reshape(2, 3, 4)
    theirs = np.cumsum if function == "cumulative_sum" else np.cumprod
    wide = _wide(name)
    for axis, initial in itertools.product([0, 1, -1], [False, True]):
        expected = theirs(values, axis, wide)
        if initial:
            first = np.full_like(expected.take([0], axis), function == "cumulative_prod")
            expected = np.concatenate([first, expected], axis)
        x = t.asarray(values)
        keywords: Any = {"axis": axis, "include_initial": initial}
        if name == "bool":  # not numeric without an explicit dtype
            keywords["dtype"] = t.int64
        actual = getattr(t, function)(x, **keywords)
        check(actual, expected, rtol=2e-2 if name == "float16" else 1e-5, atol=1e-6)
        assert actual.backend == backend


@pytest.mark.parametrize("to", ["int16", "uint32", "float64", "complex64"])
def test_running_totals_convert_to_the_requested_dtype_first(to: str, backend: str) -> None:
    values = np.array([100, 100, 100], "int8")
    actual = t.cumulative_sum(t.asarray(values), dtype=dtype_of(to), include_initial=True)
    check(actual, np.array([0, 100, 200, 300], to))


def test_running_totals_of_nothing(backend: str) -> None:
    check(t.cumulative_sum(t.zeros(0)), np.zeros(0, "float32"))
    check(t.cumulative_prod(t.zeros(0), include_initial=True), np.ones(1, "float32"))
    check(
        t.cumulative_sum(t.zeros((0, 2)), axis=0, include_initial=True), np.zeros((1, 2), "float32")
    )


def test_errors_of_running_totals_show_the_expected_arguments(backend: str) -> None:
    with pytest.raises(
        ValueError, match=r"cumulative_sum: axis is required unless x is 1-D; x has shape \(2, 3\)"
    ):
        t.cumulative_sum(t.ones((2, 3)))
    with pytest.raises(
        ValueError, match=r"cumulative_prod: axis is required unless x is 1-D; x has shape \(\)"
    ):
        t.cumulative_prod(t.ones(()))
    with pytest.raises(IndexError, match="cumulative_sum: axis 1"):
        t.cumulative_sum(t.ones(3), axis=1)
    with pytest.raises(TypeError, match="cumulative_sum: bool is not supported"):
        t.cumulative_sum(t.asarray([True]))
    with pytest.raises(TypeError, match="cumulative_sum: complex64 to float32 would drop"):
        t.cumulative_sum(t.asarray([1j]), dtype=t.float32)


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "cumulative_sum"])
@pytest.mark.parametrize("shape", [(), (1,), (2, 1)])
def test_a_reduction_of_single_elements_shares_no_memory(
    name: str, shape: tuple[int, ...], backend: str
) -> None:
    for dtype in (
        (t.float32, t.float64, t.complex64) if name in ("sum", "prod", "mean") else (t.float64,)
    ):
        x = t.ones(shape, dtype=dtype)
        axes = [] if name == "cumulative_sum" and not shape else [-1] if shape else [None]
        for axis in axes:
            result = getattr(t, name)(x, axis=axis)
            result += 1
            check(x, np.ones(shape, str(dtype)))
