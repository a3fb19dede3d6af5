"""Inverses, solutions, powers, ranks, on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, PRECISE, ROUNDING, check, noise

pytestmark = pytest.mark.filterwarnings("error")

SQUARES = [(1, 1), (4, 4), (2, 3, 3), (2, 1, 3, 3), (0, 0), (2, 0, 0), (0, 3, 3)]


def _regular(name: str, *shape: int) -> Any:
    """Matrices far from singular."""
    return noise(name, *shape) + 4 * np.eye(shape[-1], dtype=name)


def _check(actual: t.Tensor, expected: Any, name: str) -> None:
    check(actual, expected, rtol=ROUNDING[name], atol=ROUNDING[name])


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SQUARES)
def test_inv_inverts(shape: tuple[int, ...], name: str, backend: str) -> None:
    x = _regular(name, *shape)
    _check(t.linalg.inv(t.asarray(x)), np.linalg.inv(x), name)


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 5, np.int64(2)])
def test_matrix_power_is_repeated_multiplication(n: int, name: str, backend: str) -> None:
    for shape in SQUARES:
        x = _regular(name, *shape) / 4
        actual = t.linalg.matrix_power(t.asarray(x), n)
        _check(actual, np.linalg.matrix_power(x, n), name)


def test_the_exponent_is_an_integer(backend: str) -> None:
    with pytest.raises(TypeError, match=r"matrix_power: n must be an int, got 0\.5"):
        t.linalg.matrix_power(t.eye(2), 0.5)  # type: ignore[arg-type]


SYSTEMS = [
    ((3, 3), (3,), (3,)),
    ((3, 3), (3, 2), (3, 2)),
    ((4, 3, 3), (3,), (4, 3)),
    ((4, 3, 3), (3, 2), (4, 3, 2)),
    ((3, 3, 3), (3, 3), (3, 3, 3)),  # not a batch of vectors
    ((3, 3), (4, 3, 2), (4, 3, 2)),
    ((4, 3, 3), (4, 3, 3), (4, 3, 3)),
    ((4, 1, 3, 3), (5, 3, 2), (4, 5, 3, 2)),
    ((3, 3), (3, 0), (3, 0)),
    ((0, 0), (0, 2), (0, 2)),
    ((0, 0), (0,), (0,)),
    ((0, 3, 3), (3, 2), (0, 3, 2)),
]


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize(("a", "b", "shape"), SYSTEMS)
def test_solve_solves(a: Any, b: Any, shape: tuple[int, ...], name: str, backend: str) -> None:
    x, y = _regular(name, *a), noise(name, *b, seed=1)
    columns = y[:, None] if y.ndim == 1 else y
    expected = (np.linalg.inv(x) @ columns).reshape(shape)
    _check(t.linalg.solve(t.asarray(x), t.asarray(y)), expected, name)


def test_solve_promotes(backend: str) -> None:
    x, y = _regular("float32", 2, 2), noise("complex128", 2)
    actual = t.linalg.solve(t.asarray(x), t.asarray(y))
    _check(actual, np.linalg.inv(x.astype("complex128")) @ y, "complex128")
    with pytest.raises(TypeError, match="solve: dtypes float32 and int64 do not mix"):
        t.linalg.solve(t.eye(2), t.asarray([1, 2]))
    with pytest.raises(TypeError, match="solve: expected a Tensor, got list"):
        t.linalg.solve(t.eye(2), [1.0, 2.0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ((3, 3), (2,), r"shapes \(3, 3\) and \(2,\) differ in the number of rows"),
        ((4, 3, 3), (4, 3), r"shapes \(4, 3, 3\) and \(4, 3\) differ in the number of rows"),
        ((4, 3, 3), (2, 3, 1), r"shapes \(4,\) and \(2,\) do not broadcast"),
        ((3, 3), (), r"shape \(\) has fewer than 2 axes"),
    ],
)
def test_systems_that_do_not_fit_are_a_value_error(
    a: Any, b: Any, message: str, backend: str
) -> None:
    with pytest.raises(ValueError, match=f"solve: {message}"):
        t.linalg.solve(t.ones(a), t.ones(b))


@pytest.mark.parametrize("name", PRECISE)
def test_singular_matrices_are_a_value_error(name: str, backend: str) -> None:
    x = t.asarray(np.array([np.eye(2), [[1, 2], [2, 4]]], name))
    for function, argument in (("inv", ()), ("matrix_power", (-2,)), ("solve", (x,))):
        with pytest.raises(ValueError, match=f"{function}: matrix is singular") as raised:
            getattr(t.linalg, function)(x, *argument)
        assert isinstance(raised.value, np.linalg.LinAlgError)
        assert isinstance(raised.value, t.TorchError)


# ---- Any matrix

SHAPES = [(3, 3), (4, 2), (2, 4), (5, 4, 2), (2, 1, 3, 3), (0, 3), (3, 0), (0, 2, 3), (2, 0, 0)]


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SHAPES)
def test_pinv_is_the_inverse_as_far_as_there_is_one(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = noise(name, *shape)
    _check(t.linalg.pinv(t.asarray(x)), np.linalg.pinv(x), name)


@pytest.mark.parametrize("name", PRECISE)
def test_pinv_of_a_matrix_without_full_rank(name: str, backend: str) -> None:
    x = np.outer([1, 2, 3], [1, -1]).astype(name)
    x = x * 1j if name in COMPLEX else x
    _check(t.linalg.pinv(t.asarray(x)), np.conj(x.T) / 28, name)


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SHAPES)
def test_matrix_rank_counts_singular_values(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = noise(name, *shape)
    expected = np.full(shape[:-2], min(shape[-2:]), "int64")
    check(t.linalg.matrix_rank(t.asarray(x)), expected)
    if min(shape[-2:]) > 1:
        x[..., :, 1] = 2 * x[..., :, 0]
        lower = min(shape[-1] - 1, shape[-2])
        check(t.linalg.matrix_rank(t.asarray(x)), np.full(shape[:-2], lower, "int64"))


DIAGONAL = np.diag([1, 0.5, 0.01, 0])


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize(("rtol", "rank"), [(None, 3), (0.0, 3), (0.1, 2), (0.5, 1), (1, 0)])
def test_small_singular_values_count_as_0(rtol: Any, rank: int, name: str, backend: str) -> None:
    x = t.asarray(DIAGONAL.astype(name))
    check(t.linalg.matrix_rank(x, rtol=rtol), np.array(rank, "int64"))
    inverse = np.diag([1, 2, 100, 0][:rank] + [0] * (4 - rank))
    _check(t.linalg.pinv(x, rtol=rtol), inverse.astype(name), name)


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("rtol", ["float32", "float64"])
def test_a_tensor_of_tolerances_broadcasts_with_the_batch(
    rtol: str, name: str, backend: str
) -> None:
    x = t.asarray(np.stack([DIAGONAL, DIAGONAL]).astype(name))
    shares = t.asarray(np.array([[0.1], [0.7], [0.001]], rtol))
    ranks = np.array([[2, 2], [1, 1], [3, 3]], "int64")
    check(t.linalg.matrix_rank(x, rtol=shares), ranks)
    check(t.linalg.matrix_rank(x, rtol=shares[:2, 0]), np.array([2, 1], "int64"))
    inverses = t.linalg.pinv(x, rtol=shares)
    assert (inverses.shape, inverses.dtype.name) == ((3, 2, 4, 4), name)
    assert (np.count_nonzero(inverses.numpy(), axis=(-2, -1)) == ranks).all()


@pytest.mark.parametrize("function", [t.linalg.matrix_rank, t.linalg.pinv])
def test_tolerances_that_do_not_fit_are_an_error(function: Any, backend: str) -> None:
    x = t.ones((2, 3, 3))
    name = function.__name__
    with pytest.raises(ValueError, match=rf"{name}: shapes \(2,\) and \(3,\) do not broadcast"):
        function(x, rtol=t.ones(3))
    with pytest.raises(TypeError, match=f"{name}: int64 is not supported"):
        function(x, rtol=t.asarray(1))
