"""A call of every function of the Array API standard, for any namespace that has them.

An entry takes the namespace and one array, or two that broadcast, and makes the rest itself.
"""

from __future__ import annotations

import itertools

from tests.array_api_calls import (
    Call,
    hermitian,
    inexact,
    integers,
    linspace,
    ordered,
    places,
    rebuilt,
    reductions,
    regular,
    running,
    small,
)  # fmt: skip
from tests.elementwise_table import BINARY, UNARY
from tests.support import COMPLEX
from torchffi import dtypes

NOT_IN_STANDARD = ("erf", "rsqrt")
STANDARD = tuple(dtype.name for dtype in dtypes.STANDARD)


# Functions of two arrays that broadcast; the second one is adjusted to the domain.
TWO: dict[str, Call] = {
    **{row.name: lambda xp, a, b, n=row.name: getattr(xp, n)(a, b) for row in BINARY},
    **{
        name: lambda xp, a, b, n=name: getattr(xp, n)(a, xp.where(b == 0, xp.ones_like(b), b))
        for name in ("divide", "floor_divide", "remainder")
    },
    **{
        name: lambda xp, a, b, n=name: getattr(xp, n)(a, small(xp, b))
        for name in ("pow", "bitwise_left_shift", "bitwise_right_shift")
    },
    "broadcast_arrays": lambda xp, a, b: xp.broadcast_arrays(a, b),
    "broadcast_shapes": lambda xp, a, b: xp.broadcast_shapes(a.shape, b.shape),
    "clip": lambda xp, a, b: xp.clip(a, b, xp.max(b) if b.size else None),
    "isin": lambda xp, a, b: xp.isin(a, b),
    "meshgrid": lambda xp, a, b: (
        *xp.meshgrid(xp.reshape(a, (-1,)), xp.reshape(b, (-1,))),
        *xp.meshgrid(xp.reshape(a, (-1,)), xp.reshape(b, (-1,)), indexing="ij"),
    ),
    "where": lambda xp, a, b: xp.where(a == b, a, b),
    "linalg.outer": lambda xp, a, b: xp.linalg.outer(xp.reshape(a, (-1,)), xp.reshape(b, (-1,))),
    "tensordot": lambda xp, a, b: xp.tensordot(a, b, axes=0),
    "linalg.tensordot": lambda xp, a, b: xp.linalg.tensordot(a, b, axes=0),
}

ONE: dict[str, tuple[str, Call]] = {
    **{
        row.name: ("any", lambda xp, x, n=row.name: getattr(xp, n)(x))
        for row in UNARY
        if row.name not in NOT_IN_STANDARD
    },
    **{name: ("axis", reductions(name)) for name in ("sum", "prod", "all", "any", "count_nonzero")},
    **{name: ("some", reductions(name)) for name in ("max", "min", "mean")},
    **{name: ("some", reductions(name, correction=0.5)) for name in ("var", "std")},
    **{name: ("some", places(name)) for name in ("argmax", "argmin")},
    **{name: ("axis", running(name)) for name in ("cumulative_sum", "cumulative_prod")},
    **{name: ("axis", ordered(name)) for name in ("sort", "argsort")},
    **{
        name: ("any", lambda xp, x, n=name: getattr(xp, n)(x))
        for name in ("unique_all", "unique_counts", "unique_inverse", "unique_values")
    },
    **{
        name: ("any", lambda xp, x, n=name: getattr(xp, n)(x.shape, dtype=x.dtype))
        for name in ("zeros", "ones")
    },
    **{
        name: ("any", lambda xp, x, n=name: getattr(xp, n)(x))
        for name in ("zeros_like", "ones_like")
    },
    **{
        name: ("matrix", lambda xp, x, n=name: (getattr(xp, n)(x), getattr(xp, n)(x, k=-1)))
        for name in ("tril", "triu")
    },
    "arange": ("any", lambda xp, x: xp.arange(1, 9, 2, dtype=x.dtype)),
    "asarray": (
        "any",
        lambda xp, x: (xp.asarray(x), xp.asarray(x, copy=True), xp.asarray([1, 0], dtype=x.dtype)),
    ),
    "astype": (
        "any",
        lambda xp, x: tuple(
            xp.astype(small(xp, x), getattr(xp, n))
            for n in STANDARD
            if n in COMPLEX or x.dtype not in (xp.complex64, xp.complex128)
        ),
    ),
    "broadcast_to": ("any", lambda xp, x: xp.broadcast_to(x, (2, *x.shape))),
    "concat": (
        "axis",
        lambda xp, x: (xp.concat([x, x]), xp.concat([x, x], axis=-1), xp.concat([x, x], axis=None)),
    ),
    "diff": (
        "axis",
        lambda xp, x: (xp.diff(x), xp.diff(x, axis=0, n=2), xp.diff(x, prepend=x, append=x)),
    ),
    "empty": ("any", lambda xp, x: xp.empty(x.shape, dtype=x.dtype).shape),
    "empty_like": ("any", lambda xp, x: xp.empty_like(x).shape),
    "expand_dims": (
        "any",
        lambda xp, x: (
            xp.expand_dims(x, axis=0),
            xp.expand_dims(x, axis=-1),
            xp.expand_dims(x, axis=(0, -1)),
        ),
    ),
    "eye": (
        "any",
        lambda xp, x: (
            xp.eye(3, dtype=x.dtype),
            xp.eye(2, 4, k=1, dtype=x.dtype),
            xp.eye(4, 2, k=-1, dtype=x.dtype),
        ),
    ),
    "flip": ("any", lambda xp, x: xp.flip(x)),
    "from_dlpack": ("any", lambda xp, x: xp.from_dlpack(x)),
    "full": (
        "any",
        lambda xp, x: xp.full(x.shape, True if x.dtype == xp.bool else 1, dtype=x.dtype),
    ),
    "full_like": ("any", lambda xp, x: xp.full_like(x, True if x.dtype == xp.bool else 1)),
    "linspace": ("any", linspace),
    "matmul": (
        "matrix",
        lambda xp, x: (xp.matmul(x, xp.matrix_transpose(x)), xp.matmul(x, x[..., 0, :][..., None])),
    ),
    "matrix_transpose": ("matrix", lambda xp, x: xp.matrix_transpose(x)),
    "moveaxis": ("some", lambda xp, x: (xp.moveaxis(x, 0, -1), xp.moveaxis(x, (-1,), (0,)))),
    "nonzero": ("axis", lambda xp, x: xp.nonzero(x)),
    "permute_dims": ("any", lambda xp, x: xp.permute_dims(x, tuple(reversed(range(x.ndim))))),
    "repeat": (
        "axis",
        lambda xp, x: (
            xp.repeat(x, 2),
            xp.repeat(x, 3, axis=0),
            xp.repeat(x, small(xp, xp.zeros(x.shape[0]), xp.int64), axis=0),
        ),
    ),
    "reshape": (
        "some",
        lambda xp, x: (
            xp.reshape(x, (-1,)),
            xp.reshape(x, (1, x.size)),
            xp.reshape(x, (x.size, 1), copy=True),
        ),
    ),
    "roll": (
        "axis",
        lambda xp, x: (xp.roll(x, 2), xp.roll(x, -1, axis=0), xp.roll(x, (1, 2), axis=(0, -1))),
    ),
    "searchsorted": (
        "vector",
        lambda xp, x: (
            xp.searchsorted(xp.sort(x), x),
            xp.searchsorted(xp.sort(x), x, side="right"),
            xp.searchsorted(x, x, sorter=xp.argsort(x)),
        ),
    ),
    "squeeze": ("any", lambda xp, x: xp.squeeze(xp.expand_dims(x, axis=0), axis=0)),
    "stack": ("any", lambda xp, x: (xp.stack([x, x]), xp.stack([x, x], axis=-1))),
    "take": (
        "some",
        lambda xp, x: (
            xp.take(x, integers(xp, 0, -1, 0), axis=0),
            xp.take(x, integers(xp), axis=-1),
        ),
    ),
    "take_along_axis": (
        "vector",
        lambda xp, x: xp.take_along_axis(x, xp.argsort(xp.arange(x.size))),
    ),
    "tile": ("any", lambda xp, x: (xp.tile(x, (2, 3)), xp.tile(x, ()))),
    "unstack": ("axis", lambda xp, x: (*xp.unstack(x), *xp.unstack(x, axis=-1))),
    "vecdot": (
        "some",
        lambda xp, x: (xp.vecdot(x, x), xp.vecdot(x, x[..., :1, :] if x.ndim > 1 else x, axis=-1)),
    ),
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
ON_DTYPES = {"can_cast", "finfo", "iinfo", "isdtype", "result_type", "__array_namespace_info__"}
