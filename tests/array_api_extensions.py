"""Calls of the functions of the extensions linalg and fft, for the table of the Array API standard."""

from __future__ import annotations

import itertools

from tests.array_api_calls import (
    Call,
    hermitian,
    inexact,
    rebuilt,
    regular,
)  # fmt: skip

EXTENSIONS: dict[str, tuple[str, Call]] = {
    "linalg.matmul": ("matrix", lambda xp, x: xp.linalg.matmul(x, xp.matrix_transpose(x))),
    "linalg.matrix_transpose": ("matrix", lambda xp, x: xp.linalg.matrix_transpose(x)),
    "linalg.vecdot": ("axis", lambda xp, x: xp.linalg.vecdot(x, x)),
    "linalg.cholesky": (
        "square",
        lambda xp, x: (
            xp.linalg.cholesky(hermitian(xp, x)),
            xp.linalg.cholesky(hermitian(xp, x), upper=True),
        ),
    ),
    "linalg.cross": ("3", lambda xp, x: xp.linalg.cross(x, xp.flip(x, axis=-1))),
    "linalg.det": ("square", lambda xp, x: xp.linalg.det(x / 8)),
    "linalg.diagonal": (
        "matrix",
        lambda xp, x: (
            xp.linalg.diagonal(x),
            xp.linalg.diagonal(x, offset=1),
            xp.linalg.diagonal(x, offset=-1),
        ),
    ),
    "linalg.eigh": (
        "square",
        lambda xp, x: (
            xp.linalg.eigh(hermitian(xp, x)).eigenvalues,
            rebuilt(xp, hermitian(xp, x), *xp.linalg.eigh(hermitian(xp, x))),
        ),
    ),
    "linalg.eigvalsh": ("square", lambda xp, x: xp.linalg.eigvalsh(hermitian(xp, x))),
    "linalg.inv": ("square", lambda xp, x: xp.linalg.inv(regular(xp, x))),
    "linalg.matrix_norm": (
        "matrix",
        lambda xp, x: tuple(
            xp.linalg.matrix_norm(x, ord=o) for o in ("fro", "nuc", 1, -1, 2, -2, xp.inf, -xp.inf)
        ),
    ),
    "linalg.matrix_power": (
        "square",
        lambda xp, x: tuple(xp.linalg.matrix_power(x / 8, n) for n in (0, 1, 3)),
    ),
    "linalg.matrix_rank": (
        "matrix",
        lambda xp, x: (xp.linalg.matrix_rank(inexact(xp, x)), xp.linalg.matrix_rank(x, rtol=0.5)),
    ),
    "linalg.pinv": ("square", lambda xp, x: xp.linalg.pinv(regular(xp, x))),
    "linalg.qr": (
        "matrix",
        lambda xp, x: (
            *(m.shape for m in xp.linalg.qr(x)),
            *(m.shape for m in xp.linalg.qr(x, mode="complete")),
            xp.matmul(*xp.linalg.qr(x)),
        ),
    ),
    "linalg.slogdet": ("square", lambda xp, x: xp.linalg.slogdet(regular(xp, x))),
    "linalg.solve": (
        "square",
        lambda xp, x: (
            xp.linalg.solve(regular(xp, x), x),
            xp.linalg.solve(regular(xp, x), x[..., 0, :] if x.ndim == 2 else x),
        ),
    ),
    "linalg.svd": (
        "matrix",
        lambda xp, x: (
            xp.linalg.svd(x).S,
            *(m.shape for m in xp.linalg.svd(x)),
            *(m.shape for m in xp.linalg.svd(x, full_matrices=False)),
        ),
    ),
    "linalg.svdvals": ("matrix", lambda xp, x: xp.linalg.svdvals(x)),
    "linalg.trace": ("matrix", lambda xp, x: (xp.linalg.trace(x), xp.linalg.trace(x, offset=1))),
    "linalg.vector_norm": (
        "some",
        lambda xp, x: tuple(
            xp.linalg.vector_norm(x, axis=axis, ord=o, keepdims=axis == 0)
            for o, axis in itertools.product((0, 1, 2, 3, xp.inf, -xp.inf), (None, 0, (-1,)))
        ),
    ),
    **{
        f"fft.{name}": (
            "some",
            lambda xp, x, n=name: (
                getattr(xp.fft, n)(x),
                getattr(xp.fft, n)(x, n=5, axis=0, norm="ortho"),
            ),
        )
        for name in ("fft", "ifft", "rfft", "ihfft")
    },
    **{
        f"fft.{name}": (
            "some",
            lambda xp, x, n=name: (
                getattr(xp.fft, n)(x, n=4),
                getattr(xp.fft, n)(x, n=5, axis=0, norm="forward"),
            ),
        )
        for name in ("irfft", "hfft")
    },
    **{
        f"fft.{name}": (
            "some",
            lambda xp, x, n=name: (
                getattr(xp.fft, n)(x, axes=(0,), s=(4,)),
                getattr(xp.fft, n)(x, axes=(-1,), s=(3,), norm="ortho"),
            ),
        )
        for name in ("fftn", "ifftn", "rfftn", "irfftn")
    },
    **{
        f"fft.{name}": (
            "any",
            lambda xp, x, n=name: (
                getattr(xp.fft, n)(5, d=0.5, dtype=inexact(xp, x, complex_too=False).dtype),
                getattr(xp.fft, n)(4, dtype=x.dtype),
            ),
        )
        for name in ("fftfreq", "rfftfreq")
    },
    **{
        f"fft.{name}": (
            "axis",
            lambda xp, x, n=name: (getattr(xp.fft, n)(x), getattr(xp.fft, n)(x, axes=-1)),
        )
        for name in ("fftshift", "ifftshift")
    },
}
