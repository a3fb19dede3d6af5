"""A call of every function of the Array API standard, for any namespace that implements it.

An entry takes the namespace and one array, or two that broadcast, and creates the other arguments.
"""

from __future__ import annotations

from tests.array_api_calls import (
    Call,
    integers,
    linspace,
    ordered,
    places,
    reductions,
    running,
    small,
)  # fmt: skip
from tests.array_api_extensions import EXTENSIONS
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
    **EXTENSIONS,
}
ON_DTYPES = {"can_cast", "finfo", "iinfo", "isdtype", "result_type", "__array_namespace_info__"}
