"""Common properties of the functions of torchffi.linalg."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import torchffi as t
from tests.support import INTEGERS, dtype_of

Function = Callable[[t.Tensor], Any]

# Functions on LAPACK: whether they need square matrices, and finite ones.
FUNCTIONS: dict[str, tuple[bool, bool]] = {
    "cholesky": (True, True),
    "det": (True, False),
    "eig": (True, True),
    "eigh": (True, True),
    "eigvals": (True, True),
    "eigvalsh": (True, True),
    "inv": (True, False),
    "matrix_power": (True, False),
    "matrix_rank": (False, True),
    "pinv": (False, True),
    "qr": (False, False),
    "slogdet": (True, False),
    "solve": (True, False),
    "svd": (False, True),
    "svdvals": (False, True),
}
MORE: dict[str, Function] = {
    "matrix_power": lambda x: t.linalg.matrix_power(x, 2),
    "solve": lambda x: t.linalg.solve(x, x),
}


def _function(name: str) -> Function:
    return MORE.get(name) or getattr(t.linalg, name)  # type: ignore[no-any-return]


def test_the_namespace_has_the_names_of_the_standard_and_addmm() -> None:
    assert set(t.linalg.__all__) == {
        *FUNCTIONS, "addmm", "cross", "diagonal", "matmul", "matrix_norm", "matrix_transpose", "outer",
        "tensordot", "trace", "vecdot", "vector_norm",
    }  # fmt: skip
    for name in ("addmm", "matmul", "matrix_transpose", "tensordot", "vecdot"):
        assert getattr(t.linalg, name) is getattr(t, name)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ["bool", "float16", *INTEGERS])
def test_only_single_and_double_precision_are_supported(
    name: str, function: str, backend: str
) -> None:
    with pytest.raises(TypeError, match=f"{function}: {name} is not supported; expected fl"):
        _function(function)(t.eye(2, dtype=dtype_of(name)))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_fewer_than_two_axes_are_a_value_error(function: str, backend: str) -> None:
    for shape in ((), (3,)):
        with pytest.raises(ValueError, match=f"{function}: shape .* has fewer than 2 axes"):
            _function(function)(t.ones(shape))


@pytest.mark.parametrize("function", [name for name, (square, _) in FUNCTIONS.items() if square])
def test_other_than_square_matrices_are_a_value_error(function: str, backend: str) -> None:
    message = rf"{function}: expected square matrices, got shape \(4, 3, 2\)"
    with pytest.raises(ValueError, match=message):
        _function(function)(t.ones((4, 3, 2)))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("bad", [t.nan, t.inf, -t.inf])
def test_nan_and_infinity_do_not_crash(bad: float, function: str, backend: str) -> None:
    x = t.eye(3)
    x[1, 2] = bad
    if not FUNCTIONS[function][1]:
        _function(function)(x)
        return
    with pytest.raises(ValueError, match=f"{function}: input contains NaN or inf"):
        _function(function)(x)


def test_failed_convergence_is_a_value_error(
    numpy_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    def diverge(*arguments: Any, **options: Any) -> None:
        raise np.linalg.LinAlgError("did not converge")

    for name in ("eig", "eigh", "eigvals", "eigvalsh", "svd"):
        monkeypatch.setattr(np.linalg, name, diverge)
    for name in ("eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals", "pinv", "matrix_rank"):
        with pytest.raises(np.linalg.LinAlgError, match=f"{name}: did not converge") as raised:
            _function(name)(t.eye(2))
        assert isinstance(raised.value, ValueError)
        assert isinstance(raised.value, t.TorchError)
