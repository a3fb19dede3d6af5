"""Linear algebra."""

from __future__ import annotations

from torchffi.backends import boxed

Raw = int

_SAME_NAME = (
    "cholesky", "cross", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_power", "qr",
    "slogdet", "solve", "svd", "svdvals",
)  # fmt: skip
OPERATORS: dict[str, str] = {
    **{name: f"aten::linalg_{name}" for name in _SAME_NAME},
    "diagonal": "aten::diagonal",
}


def vector_norm(x: Raw, axes: tuple[int, ...], order: float, keepdims: bool) -> Raw:
    return boxed.call("aten::linalg_vector_norm", x, order, axes, keepdims)  # type: ignore[no-any-return]
