"""Linear algebra: the namespace of the standard's extension, and addmm.

Source: Array API standard, "Linear Algebra Extension".
"""

from torchffi.decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from torchffi.inverses import inv, matrix_power, matrix_rank, pinv, solve
from torchffi.manipulation import matrix_transpose
from torchffi.norms import det, diagonal, matrix_norm, slogdet, trace, vector_norm
from torchffi.products import addmm, cross, matmul, outer, tensordot, vecdot

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
