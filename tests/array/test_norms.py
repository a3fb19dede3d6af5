"""Determinants, diagonals, traces and norms, on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import (
    COMPLEX,
    FLOATS,
    NAMES,
    NUMERIC,
    PRECISE,
    ROUNDING,
    UNSIGNED,
    check,
    dtype_of,
    inf,
    nan,
    noise,
    sample,
)

pytestmark = pytest.mark.filterwarnings("error")

INEXACT = FLOATS + COMPLEX
SQUARES = [(1, 1), (4, 4), (2, 3, 3), (2, 1, 3, 3), (0, 0), (2, 0, 0), (0, 3, 3)]


def _wide(x: Any) -> Any:
    return x.astype("complex128" if x.dtype.kind == "c" else "float64")


def _check(actual: t.Tensor, expected: Any, name: str) -> None:
    """Compares a real result of values of a dtype."""
    expected = np.asarray(expected, np.dtype(name).type(0).real.dtype)
    check(actual, expected, rtol=ROUNDING[name], atol=ROUNDING[name])


# ---- Determinants


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SQUARES)
def test_det_and_slogdet_have_the_values_of_numpy(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = noise(name, *shape)
    tolerance = {"rtol": ROUNDING[name], "atol": ROUNDING[name]}
    check(t.linalg.det(t.asarray(x)), np.linalg.det(x), **tolerance)
    sign, logarithm = np.linalg.slogdet(x)
    result = t.linalg.slogdet(t.asarray(x))
    check(result.sign, sign, **tolerance)
    check(result.logabsdet, logarithm, **tolerance)


@pytest.mark.parametrize("name", PRECISE)
def test_the_determinant_of_a_singular_matrix_is_0(name: str, backend: str) -> None:
    x = t.asarray(np.array([[1, 2], [2, 4]], name))
    check(t.linalg.det(x), np.array(0, name), signed_zero=False)
    result = t.linalg.slogdet(x)
    check(result.sign, np.array(0, name), signed_zero=False)
    _check(result.logabsdet, -inf, name)


# ---- Diagonals


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (2, 3, 4), (0, 3), (2, 0, 0)])
def test_diagonal_and_trace_have_the_values_of_numpy(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = sample(name, int(np.prod(shape))).reshape(shape)
    for offset in (0, 1, -1, 2, -3, 9, -9, 2**31 - 1, -(2**31), 2**80):
        near = int(np.clip(offset, -9, 9))
        expected = np.diagonal(x, near, -2, -1)
        check(t.linalg.diagonal(t.asarray(x), offset=offset), expected)
        if name in NUMERIC:
            wide = "uint64" if name in UNSIGNED else "int64" if name.startswith("int") else name
            total = np.sum(expected, -1, dtype=wide)
            check(t.linalg.trace(t.asarray(x), offset=offset), total, signed_zero=False)


def test_a_diagonal_is_a_view(backend: str) -> None:
    x = t.zeros((2, 3))
    t.linalg.diagonal(x, offset=1)[:] = t.asarray([1.0, 2.0])
    check(x, np.array([[0, 1, 0], [0, 0, 2]], "float32"))


def test_trace_adds_up_in_the_dtype_that_is_given(backend: str) -> None:
    x = t.asarray([[100, 0], [0, 100]], dtype=t.int8)
    check(t.linalg.trace(x, dtype=t.int8), np.array(-56, "int8"))
    check(t.linalg.trace(x, dtype=t.float32), np.array(200, "float32"))


def test_invalid_arguments_of_diagonals_are_errors(backend: str) -> None:
    for function in (t.linalg.diagonal, t.linalg.trace):
        name = function.__name__
        with pytest.raises(ValueError, match=rf"{name}: shape \(3,\) has fewer than 2 axes"):
            function(t.ones(3))  # type: ignore[operator]
        with pytest.raises(TypeError, match=f"{name}: offset must be an int, got 1.5"):
            function(t.ones((3, 3)), offset=1.5)  # type: ignore[operator]
    with pytest.raises(TypeError, match="trace: bool is not supported"):
        t.linalg.trace(t.ones((2, 2), dtype=t.bool))


# ---- Norms of vectors

ORDERS = [2, 1, 0, inf, -inf, -1, -2, 3, 0.5, -0.5, 2.5, np.float32(3), np.int64(2)]


def _norm(x: Any, order: float, axes: tuple[int, ...] | None, keepdims: bool = False) -> Any:
    """The definition in the standard, in double precision."""
    order = float(order)
    magnitude = np.abs(_wide(x))
    options: Any = {"axis": axes, "keepdims": keepdims}
    if order == 0:
        return np.sum(magnitude != 0, **options)
    if order == inf:
        return np.max(magnitude, **options)
    if order == -inf:
        return np.min(magnitude, **options)
    return np.sum(magnitude**order, **options) ** (1 / order)


@pytest.mark.parametrize("name", INEXACT)
@pytest.mark.parametrize("order", ORDERS)
def test_vector_norm_matches_the_definition_of_the_standard(
    order: float, name: str, backend: str
) -> None:
    x = noise(name, 2, 3, 4)
    for axis in (None, 0, -1, (0, 2), (1,), (0, 1, 2)):
        axes = (axis,) if isinstance(axis, int) else axis
        for keepdims in (False, True):
            actual = t.linalg.vector_norm(t.asarray(x), axis=axis, keepdims=keepdims, ord=order)
            expected = _norm(x, order, axes, keepdims)
            real = np.asarray(expected, x.real.dtype)
            check(actual, real, rtol=ROUNDING[name], atol=ROUNDING[name])
    check(t.linalg.vector_norm(t.asarray(x)), t.linalg.vector_norm(t.asarray(x), ord=2).numpy())


@pytest.mark.parametrize("name", INEXACT)
@pytest.mark.parametrize("order", [0, 1, 2, -2, inf, -inf])
def test_over_no_axes_each_element_is_its_own_vector(order: float, name: str, backend: str) -> None:
    x = noise(name, 2, 3)
    expected = np.ones((2, 3)) if order == 0 else np.abs(x)
    _check(t.linalg.vector_norm(t.asarray(x), axis=(), ord=order), expected, name)
    scalar = noise(name)
    _check(t.linalg.vector_norm(t.asarray(scalar), ord=1), np.abs(scalar), name)


def test_norms_in_float16_have_no_intermediate_overflow(backend: str) -> None:
    x = t.full((4,), 300.0, dtype=dtype_of("float16"))
    check(t.linalg.vector_norm(x), np.array(600, "float16"))


def test_a_norm_beyond_float16_is_infinity(backend: str) -> None:
    x = t.full((4,), 60000.0, dtype=dtype_of("float16"))
    for order in (1, 2):
        check(t.linalg.vector_norm(x, ord=order), np.array(inf, "float16"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norms_of_the_largest_numbers(dtype: str, backend: str) -> None:
    """They do not become NaN: the power of 2 next to the largest number is not one of them."""
    largest = np.finfo(dtype).max
    for values in ([largest] * 2, [largest, 0], [largest / 2] * 3, [largest / 2] * 4):
        x = np.array(values, dtype)
        for order in (2, 3, 1):
            wide = x.astype(np.longdouble)
            with np.errstate(over="ignore"):
                expected = ((wide**order).sum() ** (np.longdouble(1) / order)).astype(dtype)
            check(t.linalg.vector_norm(t.asarray(x), ord=order), expected)


def test_vector_norm_of_special_values(backend: str) -> None:
    def norm(values: list[float], order: float) -> float:
        return float(t.linalg.vector_norm(t.asarray(values), ord=order))

    assert norm([1.0, -inf], 2) == inf
    assert norm([0.0, 2.0], -1) == 0
    assert norm([0.0, 0.0], 3) == 0
    assert norm([0.0, -0.0, nan], 0) == 1
    for order in (1, 2, 3, -1, inf, -inf):
        assert np.isnan(norm([1.0, nan], order))


@pytest.mark.parametrize("order", [2, 1, 0, 3])
def test_the_norm_of_nothing_is_0(order: float, backend: str) -> None:
    check(t.linalg.vector_norm(t.zeros((2, 0)), axis=1, ord=order), np.zeros(2, "float32"))
    check(t.linalg.vector_norm(t.zeros((0, 2)), axis=1, ord=-1), np.zeros(0, "float32"))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"ord": nan}, ValueError, "ord must be a float64 number other than NaN, got nan"),
        ({"ord": 10**400}, ValueError, "ord must be a float64 number other than NaN, got 1000000"),
        ({"ord": "fro"}, TypeError, "ord must be a real number, got 'fro'"),
        ({"ord": 1j}, TypeError, "ord must be a real number, got 1j"),
        ({"axis": 2}, IndexError, r"axis 2 is out of range for shape \(2, 0\)"),
        ({"axis": (0, 0)}, ValueError, r"axis \(0, 0\) repeats an axis"),
        *(({"ord": n}, ValueError, rf"ord={n} .* shape \(2, 0\)") for n in (inf, -inf, -1)),
    ],
)
def test_invalid_vector_norms_are_an_error(
    arguments: Any, error: Any, message: str, backend: str
) -> None:
    with pytest.raises(error, match=f"vector_norm: {message}") as raised:
        t.linalg.vector_norm(t.ones((2, 0)), **arguments)
    assert isinstance(raised.value, t.TorchError)


@pytest.mark.parametrize("function", [t.linalg.vector_norm, t.linalg.matrix_norm])
def test_norms_are_for_floating_point(function: Any, backend: str) -> None:
    with pytest.raises(TypeError, match=f"{function.__name__}: int64 is not supported"):
        function(t.eye(2, dtype=t.int64))


# ---- Norms of matrices


@pytest.mark.parametrize("name", INEXACT)
@pytest.mark.parametrize("order", ["fro", None, "nuc", 1, -1, 2, -2, inf, -inf])
def test_matrix_norm_has_the_values_of_numpy(order: Any, name: str, backend: str) -> None:
    if name == "float16" and order in ("nuc", 2, -2):
        with pytest.raises(TypeError, match="matrix_norm: float16 is not supported"):
            t.linalg.matrix_norm(t.eye(2, dtype=dtype_of("float16")), ord=order)
        return
    for shape in ((3, 3), (2, 4), (5, 4, 2), (0, 2, 2), (2, 1, 3, 3)):
        x = noise(name, *shape)
        for keepdims in (False, True):
            options: Any = {"axis": (-2, -1), "keepdims": keepdims}
            wide = _wide(x)
            if x.size:
                expected = np.linalg.norm(wide, order, **options)
            else:
                expected = np.zeros((*shape[:-2], 1, 1) if keepdims else shape[:-2])
            actual = t.linalg.matrix_norm(t.asarray(x), keepdims=keepdims, ord=order)
            _check(actual, expected, name)
    assert t.linalg.matrix_norm(t.eye(4)).item() == 2


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_matrix_norms_of_empty_matrices_are_0_if_they_are_sums(shape: Any, backend: str) -> None:
    zero = np.array(0, "float32")
    for order in ("fro", "nuc", *([1] if shape[1] else []), *([inf] if shape[0] else [])):
        check(t.linalg.matrix_norm(t.zeros(shape), ord=order), zero)  # type: ignore[arg-type]
    for order in (2, -2):
        with pytest.raises(ValueError, match=rf"matrix_norm: ord={order} .* \({shape[0]}, "):
            t.linalg.matrix_norm(t.zeros(shape), ord=order)


def test_invalid_matrix_norms_are_an_error(backend: str) -> None:
    for order in (3, 0, "max", nan):
        with pytest.raises(
            ValueError, match=f"matrix_norm: ord is {order!r}, expected 'fro', 'nuc'"
        ):
            t.linalg.matrix_norm(t.eye(2), ord=order)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="matrix_norm: input contains NaN or inf"):
        t.linalg.matrix_norm(t.full((2, 2), nan), ord=2)
    with pytest.raises(ValueError, match=r"matrix_norm: shape \(2,\) has fewer than 2 axes"):
        t.linalg.matrix_norm(t.ones(2))
