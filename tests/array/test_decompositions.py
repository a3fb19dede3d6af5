"""Matrices as products of simpler ones, and eigenvalues, on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, PRECISE, ROUNDING, check, noise
from torchffi import dtypes

pytestmark = pytest.mark.filterwarnings("error")

SQUARES = [(1, 1), (4, 4), (2, 3, 3), (2, 1, 3, 3), (0, 0), (2, 0, 0), (0, 3, 3)]
MATRICES = [*SQUARES, (4, 2), (2, 4), (3, 4, 2), (3, 2, 4), (0, 3), (3, 0), (2, 0, 3), (0, 3, 2)]


def _adjoint(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def _near(actual: Any, expected: Any, name: str) -> None:
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, atol=ROUNDING[name], rtol=ROUNDING[name])


def _unitary(x: t.Tensor, name: str) -> None:
    """Asserts that the columns are orthonormal."""
    columns = x.numpy()
    one = np.broadcast_to(np.eye(x.shape[-1]), (*x.shape[:-2], x.shape[-1], x.shape[-1]))
    _near(_adjoint(columns) @ columns, one, name)


def _typed(names: tuple[str, ...], *results: t.Tensor) -> None:
    assert tuple(x.dtype.name for x in results) == names
    assert all(x.numpy().dtype.name == x.dtype.name for x in results)


def _real(name: str) -> str:
    return dtypes.real_of(dtypes.by_name(name)).name


def _complex(name: str) -> str:
    return dtypes.complex_of(dtypes.by_name(name)).name


# ---- Cholesky


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SQUARES)
def test_cholesky_factors_positive_definite_matrices(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = noise(name, *shape)
    x = x @ _adjoint(x) + np.eye(shape[-1], dtype=name)
    lower, upper = t.linalg.cholesky(t.asarray(x)), t.linalg.cholesky(t.asarray(x), upper=True)
    _typed((name, name), lower, upper)
    _near(lower.numpy(), np.linalg.cholesky(x), name)
    _near(upper.numpy(), _adjoint(np.linalg.cholesky(x)), name)
    assert not np.triu(lower.numpy(), 1).any()
    assert not np.tril(upper.numpy(), -1).any()


def test_cholesky_reads_one_triangle(backend: str) -> None:
    x = np.array([[4, 2j], [-2j, 5]])
    above, below = x.copy(), x.copy()
    above[0, 1], below[1, 0] = 9, 9
    check(t.linalg.cholesky(t.asarray(above)), np.array([[2, 0], [-1j, 2]]))
    check(t.linalg.cholesky(t.asarray(below), upper=True), np.array([[2, 1j], [0, 2]]))


@pytest.mark.parametrize("bad", [[[0.0, 0], [0, 1]], [[1.0, 2], [2, 1]], [[-1.0, 0], [0, 1]]])
@pytest.mark.parametrize("upper", [False, True])
def test_a_matrix_that_is_not_positive_definite_is_an_error(
    upper: bool, bad: Any, backend: str
) -> None:
    x = t.stack([t.eye(2), t.asarray(bad)])
    with pytest.raises(ValueError, match="cholesky: matrix is not positive definite") as raised:
        t.linalg.cholesky(x, upper=upper)
    assert isinstance(raised.value, np.linalg.LinAlgError)
    assert raised.value.__cause__ is not None


# ---- Eigenvalues


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SQUARES)
def test_eigh_decomposes_hermitian_matrices(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = noise(name, *shape)
    x = x + _adjoint(x)
    result = t.linalg.eigh(t.asarray(x))
    values, vectors = result.eigenvalues, result.eigenvectors
    _typed((_real(name), name), *result)
    assert vectors.shape == shape
    _near(values.numpy(), np.linalg.eigvalsh(x), name)
    _unitary(vectors, name)
    _near(vectors.numpy() * values.numpy()[..., None, :] @ _adjoint(vectors.numpy()), x, name)
    alone = t.linalg.eigvalsh(t.asarray(x))
    _typed((_real(name),), alone)
    _near(alone.numpy(), np.linalg.eigvalsh(x), name)


def test_eigh_reads_the_lower_triangle(backend: str) -> None:
    x = t.asarray([[1.0, 9.0], [2.0, 1.0]])
    check(t.linalg.eigvalsh(x), np.array([-1, 3], "float32"), atol=1e-6)
    check(t.linalg.eigh(x).eigenvalues, np.array([-1, 3], "float32"), atol=1e-6)


def _in_order(values: Any) -> Any:
    """Sorts eigenvalues by real part, then imaginary part, ignoring rounding errors."""
    return np.take_along_axis(values, np.argsort(np.round(values, 2), -1), -1)


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", SQUARES)
def test_eig_finds_eigenvalues_and_eigenvectors(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    x = noise(name, *shape)
    result = t.linalg.eig(t.asarray(x))
    _typed((_complex(name),) * 2, *result)
    values, vectors = result.eigenvalues.numpy(), result.eigenvectors.numpy()
    assert vectors.shape == shape
    _near(_in_order(values), _in_order(np.linalg.eigvals(x)), name)
    _near(x @ vectors, vectors * values[..., None, :], name)
    _near(np.linalg.norm(vectors, axis=-2), np.ones(shape[:-1]), name)
    alone = t.linalg.eigvals(t.asarray(x))
    _typed((_complex(name),), alone)
    _near(_in_order(alone.numpy()), _in_order(np.linalg.eigvals(x)), name)


@pytest.mark.parametrize("name", PRECISE)
def test_eigenvalues_are_complex_whatever_they_are(name: str, backend: str) -> None:
    turn = t.asarray(np.array([[0, -1], [1, 0]], name))
    for x, expected in ((turn, [-1j, 1j]), (t.asarray(np.diag([3, 2]).astype(name)), [2, 3])):
        exact = np.array(expected, _complex(name))
        for values in (t.linalg.eigvals(x), t.linalg.eig(x).eigenvalues):
            _typed((_complex(name),), values)
            _near(_in_order(values.numpy()), exact, name)


# ---- QR and singular values


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", MATRICES)
def test_qr_is_orthonormal_times_triangular(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    *batch, m, n = shape
    x = noise(name, *shape)
    for mode, k in (("reduced", min(m, n)), ("complete", m)):
        result = t.linalg.qr(t.asarray(x), mode=mode)  # type: ignore[arg-type]
        q, r = result.Q, result.R
        _typed((name, name), *result)
        assert (q.shape, r.shape) == ((*batch, m, k), (*batch, k, n))
        _unitary(q, name)
        assert not np.tril(r.numpy(), -1).any()
        _near(q.numpy() @ r.numpy(), x, name)
    assert t.linalg.qr(t.asarray(x)).Q.shape == (*batch, m, min(m, n))


def test_another_mode_is_a_value_error(backend: str) -> None:
    with pytest.raises(ValueError, match="qr: mode is 'raw', expected 'reduced' or 'complete'"):
        t.linalg.qr(t.eye(2), mode="raw")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PRECISE)
@pytest.mark.parametrize("shape", MATRICES)
def test_svd_is_unitary_times_diagonal_times_unitary(
    shape: tuple[int, ...], name: str, backend: str
) -> None:
    *batch, m, n = shape
    k = min(m, n)
    x = noise(name, *shape)
    expected = np.linalg.svd(x, compute_uv=False)
    for options, rows, columns in (({}, m, n), ({"full_matrices": False}, k, k)):
        result = t.linalg.svd(t.asarray(x), **options)
        u, s, vh = result.U, result.S, result.Vh
        _typed((name, _real(name), name), *result)
        assert (u.shape, vh.shape) == ((*batch, m, rows), (*batch, columns, n))
        _near(s.numpy(), expected, name)
        _unitary(u, name)
        _unitary(t.asarray(_adjoint(vh.numpy())), name)
        product = u.numpy()[..., :k] * s.numpy()[..., None, :] @ vh.numpy()[..., :k, :]
        _near(product, x, name)
    alone = t.linalg.svdvals(t.asarray(x))
    _typed((_real(name),), alone)
    _near(alone.numpy(), expected, name)


def test_decompositions_read_strided_matrices(backend: str) -> None:
    x = noise("float64", 6, 8)
    view = t.asarray(x).T[::2, 1::2]
    _near(t.linalg.svdvals(view).numpy(), np.linalg.svd(x.T[::2, 1::2])[1], "float64")
    q, r = t.linalg.qr(view)
    _near(q.numpy() @ r.numpy(), x.T[::2, 1::2], "float64")


@pytest.mark.parametrize("name", COMPLEX)
def test_results_for_complex_matrices_can_be_used_again(name: str, backend: str) -> None:
    x = noise(name, 3, 3)
    result = t.linalg.svd(t.asarray(x))
    _near((t.linalg.matrix_transpose(result.Vh) + 0).numpy(), result.Vh.numpy().T, name)
