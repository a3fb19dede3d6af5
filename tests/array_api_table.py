"""A call of every function of the Array API standard, for any namespace that has them.

An entry takes the namespace and one array, or two that broadcast, and makes the rest itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.elementwise_table import BINARY, UNARY
from tests.support import COMPLEX, FLOATS, UNSIGNED
from torchffi import dtypes

Call = Callable[..., Any]
NOT_IN_STANDARD = ("erf", "rsqrt")
STANDARD = tuple(dtype.name for dtype in dtypes.STANDARD)


def _reductions(name: str, **keywords: Any) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return (
            function(x, **keywords),
            function(x, axis=-1, **keywords),
            function(x, axis=(0,), keepdims=True, **keywords),
            function(x, axis=(), **keywords),
        )

    return call


def _places(name: str) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x), function(x, axis=-1), function(x, axis=0, keepdims=True)

    return call


def _running(name: str) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x, axis=0), function(x, axis=-1, include_initial=True)

    return call


def _ordered(name: str) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x), function(x, axis=0, descending=True)

    return call


def _small(xp: Any, x: Any, dtype: Any = None) -> Any:
    """0, 1 or 2, as many as x has elements."""
    flat = xp.reshape(xp.arange(x.size) % 3, x.shape)
    return xp.astype(flat, dtype or x.dtype)


def _regular(xp: Any, x: Any) -> Any:
    """A matrix with a large diagonal."""
    return x + 20 * xp.eye(x.shape[-1], dtype=x.dtype)


def _hermitian(xp: Any, x: Any) -> Any:
    x = _regular(xp, x)
    other = xp.matrix_transpose(x)
    return x + (xp.conj(other) if xp.isdtype(x.dtype, "complex floating") else other)


def _inexact(xp: Any, x: Any, *, complex_too: bool = True) -> Any:
    """The array, if the standard names its dtype for the function; others it leaves open."""
    kinds = ("real floating", "complex floating")[: 1 + complex_too]
    if not xp.isdtype(x.dtype, kinds):
        raise TypeError("expected a floating-point dtype")
    return x


def _linspace(xp: Any, x: Any) -> Any:
    x = _inexact(xp, x)
    more = xp.linspace(0, 1, 4, dtype=x.dtype, endpoint=False)
    return xp.linspace(-1, 2, 5, dtype=x.dtype), more


def _integers(xp: Any, *values: int) -> Any:
    return xp.asarray(values, dtype=xp.int64)


# What takes two arrays that broadcast; the second one is made fit where it has to be.
TWO: dict[str, Call] = {
    **{row.name: lambda xp, a, b, n=row.name: getattr(xp, n)(a, b) for row in BINARY},
    **{
        name: lambda xp, a, b, n=name: getattr(xp, n)(a, xp.where(b == 0, xp.ones_like(b), b))
        for name in ("divide", "floor_divide", "remainder")
    },
    **{
        name: lambda xp, a, b, n=name: getattr(xp, n)(a, _small(xp, b))
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
    **{
        name: ("axis", _reductions(name)) for name in ("sum", "prod", "all", "any", "count_nonzero")
    },
    **{name: ("some", _reductions(name)) for name in ("max", "min", "mean")},
    **{name: ("some", _reductions(name, correction=0.5)) for name in ("var", "std")},
    **{name: ("some", _places(name)) for name in ("argmax", "argmin")},
    **{name: ("axis", _running(name)) for name in ("cumulative_sum", "cumulative_prod")},
    **{name: ("axis", _ordered(name)) for name in ("sort", "argsort")},
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
            xp.astype(_small(xp, x), getattr(xp, n))
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
    "linspace": ("any", _linspace),
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
            xp.repeat(x, _small(xp, xp.zeros(x.shape[0]), xp.int64), axis=0),
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
            xp.take(x, _integers(xp, 0, -1, 0), axis=0),
            xp.take(x, _integers(xp), axis=-1),
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
            xp.linalg.cholesky(_hermitian(xp, x)),
            xp.linalg.cholesky(_hermitian(xp, x), upper=True),
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
            xp.linalg.eigh(_hermitian(xp, x)).eigenvalues,
            _rebuilt(xp, _hermitian(xp, x), *xp.linalg.eigh(_hermitian(xp, x))),
        ),
    ),
    "linalg.eigvalsh": ("square", lambda xp, x: xp.linalg.eigvalsh(_hermitian(xp, x))),
    "linalg.inv": ("square", lambda xp, x: xp.linalg.inv(_regular(xp, x))),
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
        lambda xp, x: (xp.linalg.matrix_rank(_inexact(xp, x)), xp.linalg.matrix_rank(x, rtol=0.5)),
    ),
    "linalg.pinv": ("square", lambda xp, x: xp.linalg.pinv(_regular(xp, x))),
    "linalg.qr": (
        "matrix",
        lambda xp, x: (
            *(m.shape for m in xp.linalg.qr(x)),
            *(m.shape for m in xp.linalg.qr(x, mode="complete")),
            xp.matmul(*xp.linalg.qr(x)),
        ),
    ),
    "linalg.slogdet": ("square", lambda xp, x: xp.linalg.slogdet(_regular(xp, x))),
    "linalg.solve": (
        "square",
        lambda xp, x: (
            xp.linalg.solve(_regular(xp, x), x),
            xp.linalg.solve(_regular(xp, x), x[..., 0, :] if x.ndim == 2 else x),
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
                getattr(xp.fft, n)(5, d=0.5, dtype=_inexact(xp, x, complex_too=False).dtype),
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


def _rebuilt(xp: Any, x: Any, values: Any, vectors: Any) -> Any:
    """What is left of x @ vectors == vectors * values: 0 with the dtypes of both."""
    x = xp.astype(x, vectors.dtype)
    return xp.matmul(x, vectors) - vectors * xp.astype(values, vectors.dtype)[..., None, :]


def values_of(name: str, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values of a dtype made of small integers."""
    if name == "bool":
        return numbers > 0
    if name in UNSIGNED:
        return np.abs(numbers).astype(name)
    if name in FLOATS:
        return (numbers / 4).astype(name)
    if name in COMPLEX:
        return (numbers / 4 + 1j * np.roll(numbers, 1) / 8).astype(name)
    return numbers.astype(name)
