"""Linear algebra: the namespace of the standard's extension, and addmm.

Source: Array API standard, "Linear Algebra Extension".
"""

from torchffi._array.linear_algebra import addmm, cross, matmul, outer, tensordot, vecdot
from torchffi._array.manipulation import matrix_transpose
from torchffi.linalg._decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from torchffi.linalg._inverses import inv, matrix_power, matrix_rank, pinv, solve
from torchffi.linalg._norms import det, diagonal, matrix_norm, slogdet, trace, vector_norm

__all__ = [
    "addmm",
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
