"""Products of vectors, matrices and tensors, on both backends, compared with NumPy and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, FLOATS, NUMERIC, check, inf, nan, sample

pytestmark = pytest.mark.filterwarnings("error")

SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((2, 3), (3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 1, 2, 3), (7, 3, 4)),
    ((3,), (5, 3, 4)),
    ((5, 2, 3), (3,)),
    ((0, 3), (3, 4)),
    ((2, 0), (0, 4)),
    ((0, 2, 3), (3, 4)),
]
ROUNDING = {"float16": 5e-3, "float32": 1e-5, "complex64": 1e-5}


def _values(shape: tuple[int, ...], name: str, offset: int = 0) -> Any:
    size = int(np.prod(shape))
    return np.roll(sample(name, size), offset).reshape(shape)


@pytest.mark.parametrize(("a", "b"), SHAPES)
@pytest.mark.parametrize("name", ["float32", "int64", "complex128"])
def test_matmul_has_the_shapes_and_values_of_numpy(
    name: str, a: tuple[int, ...], b: tuple[int, ...], backend: str
) -> None:
    x, y = _values(a, name), _values(b, name, 2)
    actual = t.matmul(t.asarray(x), t.asarray(y))
    check(actual, np.matmul(x, y), rtol=ROUNDING.get(name, 1e-13), atol=1e-4, signed_zero=False)
    assert (t.asarray(x) @ t.asarray(y)).tolist() == actual.tolist()
    assert t.asarray(x).matmul(t.asarray(y)).tolist() == actual.tolist()


@pytest.mark.parametrize("name", NUMERIC)
def test_matmul_works_for_every_numeric_dtype(name: str, backend: str) -> None:
    x, y = _values((2, 3), name), _values((3, 2), name, 1)
    wide = np.complex128 if name in COMPLEX else np.float64 if name in FLOATS else name
    expected = np.matmul(x.astype(wide), y.astype(wide)).astype(name)
    check(t.asarray(x) @ t.asarray(y), expected, rtol=ROUNDING.get(name, 1e-13), atol=1e-13)


def test_matmul_promotes(backend: str) -> None:
    x, y = _values((2, 3), "float32"), _values((3, 2), "float64")
    check(t.asarray(x) @ t.asarray(y), x.astype("float64") @ y)
    x, y = _values((2, 3), "int8"), _values((3, 2), "uint8")
    check(t.asarray(x) @ t.asarray(y), x.astype("int16") @ y.astype("int16"))


def test_matmul_reads_transposed_and_strided_matrices(backend: str) -> None:
    x, y = _values((6, 4), "float64"), _values((8, 6), "float64")
    actual = t.asarray(x).T[:, ::2] @ t.asarray(y)[1::3].T[::2]
    check(actual, x.T[:, ::2] @ y[1::3].T[::2], atol=1e-13)


def test_matmul_passes_nan_and_infinity_on(backend: str) -> None:
    x = t.asarray([[inf, 1.0], [nan, 1.0]])
    check(x @ t.asarray([0.0, 1.0]), np.array([nan, nan], "float32"))
    check(x @ t.asarray([1.0, 1.0]), np.array([inf, nan], "float32"))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((2, 3), (2, 3)),
        ((3,), (4,)),
        ((2, 3), (4,)),
        ((), (3,)),
        ((3,), ()),
        ((2, 2, 3), (3, 3, 4)),
    ],
)
def test_shapes_that_do_not_fit_are_a_value_error_that_shows_both(
    a: tuple[int, ...], b: tuple[int, ...], backend: str
) -> None:
    with pytest.raises(ValueError, match=r"matmul: shapes .* and .* are incompatible") as raised:
        t.matmul(t.ones(a), t.ones(b))
    assert isinstance(raised.value, t.TorchError)
    assert all(str(n) in str(raised.value) for n in (*a, *b))


def test_matmul_of_bools_or_scalars_is_a_type_error(backend: str) -> None:
    with pytest.raises(TypeError, match="matmul: bool is not supported"):
        t.matmul(t.ones((2, 2), dtype=t.bool), t.ones((2, 2), dtype=t.bool))
    with pytest.raises(TypeError, match="matmul: dtypes int64 and float32 do not mix"):
        t.matmul(t.ones((2, 2), dtype=t.int64), t.ones((2, 2)))
    with pytest.raises(TypeError, match="matmul: expected a Tensor, got int"):
        t.matmul(t.ones((2, 2)), 3)  # type: ignore[arg-type]


# ---- Between vectors


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize(("n", "m"), [(3, 4), (1, 1), (0, 2), (2, 0)])
def test_outer_multiplies_all_pairs(n: int, m: int, name: str, backend: str) -> None:
    x, y = _values((n,), name), _values((m,), name, 1)
    check(t.linalg.outer(t.asarray(x), t.asarray(y)), np.outer(x, y).astype(name), atol=1e-6)


def test_outer_is_for_vectors(backend: str) -> None:
    with pytest.raises(ValueError, match=r"outer: expected a 1-D tensor, got shape \(2, 1\)"):
        t.linalg.outer(t.ones(3), t.ones((2, 1)))
    with pytest.raises(TypeError, match="outer: bool is not supported"):
        t.linalg.outer(t.asarray([True]), t.asarray([True]))


VECTORS = [
    ((3,), (3,), -1),
    ((2, 3), (3,), -1),
    ((2, 3), (4, 1, 3), -1),
    ((3, 2), (4, 3, 1), -2),
    ((3, 2, 4), (3, 1, 1), -3),
    ((0, 3), (3,), -1),
]


def _last(x: Any, axis: int) -> Any:
    return np.moveaxis(x, axis, -1)


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize(("a", "b", "axis"), [*VECTORS, ((0,), (0,), -1), ((2, 0), (0,), -1)])
def test_vecdot_sums_products_with_the_conjugate(
    a: Any, b: Any, axis: int, name: str, backend: str
) -> None:
    x, y = _values(a, name), _values(b, name, 2)
    wide = "complex128" if name in COMPLEX else "float64" if name in FLOATS else name
    of_wide = _last(x, axis).astype(wide).conj(), _last(y, axis).astype(wide)
    expected = np.sum(of_wide[0] * of_wide[1], -1).astype(name)
    actual = t.vecdot(t.asarray(x), t.asarray(y), axis=axis)
    check(actual, expected, rtol=ROUNDING.get(name), atol=1e-12, signed_zero=False)
    assert t.linalg.vecdot is t.vecdot


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize(("a", "b", "axis"), VECTORS)
def test_cross_has_the_values_of_numpy(a: Any, b: Any, axis: int, name: str, backend: str) -> None:
    x, y = _values(a, name), _values(b, name, 2)
    result = np.cross(_last(x, axis), _last(y, axis))
    expected = np.moveaxis(result, -1, axis)
    actual = t.linalg.cross(t.asarray(x), t.asarray(y), axis=axis)
    check(actual, expected, rtol=ROUNDING.get(name), atol=1e-6, signed_zero=False)


@pytest.mark.parametrize("function", [t.vecdot, t.linalg.cross])
def test_products_of_vectors_promote(function: Any, backend: str) -> None:
    x, y = t.asarray([1, -2, 3], dtype=t.int8), t.asarray([4, 5, 200], dtype=t.uint8)
    expected = np.cross([1, -2, 3], [4, 5, 200]) if function is t.linalg.cross else 594
    check(function(x, y), np.asarray(expected, "int16"))


@pytest.mark.parametrize("function", [t.vecdot, t.linalg.cross])
@pytest.mark.parametrize(
    ("a", "b", "axis", "error", "message"),
    [
        ((3,), (1,), -1, ValueError, r"shapes \(3,\) and \(1,\) differ along axis -1"),
        ((2, 3), (4, 3), -1, ValueError, r"shapes \(2, 3\) and \(4, 3\) do not broadcast"),
        ((2, 3), (3,), -2, IndexError, r"axis -2 is out of range for shape \(3,\)"),
        ((), (3,), -1, IndexError, r"axis -1 is out of range for shape \(\)"),
        ((2, 3), (2, 3), 1, IndexError, r"axis must be negative \(-2 to -1\), got 1"),
        ((3,), (3,), 0.5, TypeError, "axis must be an int, got 0.5"),
    ],
)
def test_vectors_that_do_not_fit_are_an_error(
    a: Any, b: Any, axis: Any, error: Any, message: str, function: Any, backend: str
) -> None:
    with pytest.raises(error, match=f"{function.__name__}: {message}") as raised:
        function(t.ones(a), t.ones(b), axis=axis)
    assert isinstance(raised.value, t.TorchError)


def test_cross_is_for_vectors_of_3(backend: str) -> None:
    with pytest.raises(
        ValueError, match=r"cross: axis -1 must have length 3; x1 has shape \(2, 4\)"
    ):
        t.linalg.cross(t.ones((2, 4)), t.ones((2, 4)))


# ---- Over any axes

CONTRACTIONS: list[Any] = [
    ((2, 3, 4), (3, 4, 5), 2),
    ((2, 3), (3, 5), 1),
    ((2, 3), (4,), 0),
    ((), (), 0),
    ((2, 3), (2, 3), ((0, 1), (0, 1))),
    ((2, 3, 4), (4, 3), ((1, 2), (1, 0))),
    ((2, 3, 4), (4, 3), ([-2], [-1])),
    ((2, 3), (3, 2), ((), ())),
    ((2, 0), (0, 3), 1),
    ((0, 2), (2, 3), 1),
]


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize(("a", "b", "axes"), CONTRACTIONS)
def test_tensordot_has_the_values_of_numpy(
    a: Any, b: Any, axes: Any, name: str, backend: str
) -> None:
    x, y = _values(a, name), _values(b, name, 2)
    wide = "complex128" if name in COMPLEX else "float64" if name in FLOATS else name
    expected = np.tensordot(x.astype(wide), y.astype(wide), axes).astype(name)
    actual = t.tensordot(t.asarray(x), t.asarray(y), axes=axes)
    check(actual, expected, rtol=ROUNDING.get(name, 1e-13), atol=1e-3, signed_zero=False)
    assert t.linalg.tensordot is t.tensordot


def test_tensordot_sums_over_two_axes_by_default(backend: str) -> None:
    x, y = _values((2, 3, 4), "float64"), _values((3, 4), "float32")
    check(t.tensordot(t.asarray(x), t.asarray(y)), np.tensordot(x, y), atol=1e-12)


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        (3, ValueError, r"axes is 3, expected 0 to 2 for shapes \(2, 3\) and \(3, 2\)"),
        (-1, ValueError, "axes is -1, expected 0 to 2"),
        (2, ValueError, r"shapes \(2, 3\) and \(3, 2\) differ along axes \(0, 1\) and \(0, 1\)"),
        (((0, 1), (1,)), ValueError, r"differ along axes \(0, 1\) and \(1,\)"),
        (((0,), (1,), (0,)), ValueError, "expected an int or two sequences of axes"),
        (((0, 0), (1, 1)), ValueError, r"axis \(0, 0\) repeats an axis"),
        (((2,), (0,)), IndexError, r"axis 2 is out of range for shape \(2, 3\)"),
    ],
)
def test_axes_that_do_not_fit_are_an_error(
    axes: Any, error: Any, message: str, backend: str
) -> None:
    with pytest.raises(error, match=f"tensordot: .*{message}") as raised:
        t.tensordot(t.ones((2, 3)), t.ones((3, 2)), axes=axes)
    assert isinstance(raised.value, t.TorchError)


def test_tensordot_refuses_results_of_more_than_64_axes(backend: str) -> None:
    x = t.ones((1,) * 33)
    with pytest.raises(ValueError, match="tensordot: 66 axes, expected at most 64"):
        t.tensordot(x, x, axes=0)
