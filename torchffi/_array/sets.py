"""Sets: the distinct elements of a tensor. Every NaN is distinct.

Source: Array API standard, "Set Functions".
"""

from __future__ import annotations

from typing import Final, NamedTuple

from torchffi import dtypes
from torchffi._array import creation, elementwise, joining, manipulation, sorting
from torchffi._array import statistical as totals
from torchffi._core import arguments
from torchffi._core.argument_kinds import OPERAND, SAME
from torchffi._core.arguments import Scalar, tensor
from torchffi._core.dispatch import run, run_many
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Several
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, BOOL, REAL


class UniqueAll(NamedTuple):
    """The result of :func:`unique_all`."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """The result of :func:`unique_counts`."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """The result of :func:`unique_inverse`."""

    values: Tensor
    inverse_indices: Tensor


def _order(x: Tensor) -> Tensor:
    """The indices that stably sort a flat tensor, so that equal elements are adjacent."""
    if x.dtype.kind != "complex":
        return sorting.argsort(x)
    by_imag = sorting.argsort(elementwise.imag(x))
    return by_imag[sorting.argsort(elementwise.real(x)[by_imag])]


class _Groups:
    """The sorted elements of a tensor, and the positions where a new value begins."""

    def __init__(self, operation: str, x: Tensor) -> None:
        self.x = tensor(operation, x)
        flat = manipulation.reshape(self.x, (-1,))
        self.order = _order(flat)
        self.ordered = flat[self.order]
        self.begins = creation.full_like(flat, True, dtype=dtypes.bool)
        if flat.size > 1:
            self.begins[1:] = elementwise.not_equal(self.ordered[1:], self.ordered[:-1])

    def values(self) -> Tensor:
        return self.ordered[self.begins]

    def indices(self) -> Tensor:
        return self.order[self.begins]

    def inverse(self) -> Tensor:
        group = totals.cumulative_sum(self.begins, dtype=dtypes.int64) - 1
        result = creation.empty_like(group)
        result[self.order] = group
        return manipulation.reshape(result, self.x.shape)

    def counts(self) -> Tensor:
        first = run("nonzero", dtypes.int64, self.begins)[:, 0]
        end = creation.full_like(first[:1], self.ordered.size)
        return joining.concat([first[1:], end]) - first


def unique_all(x: Tensor, /) -> UniqueAll:
    """The distinct elements, with first indices, inverse indices and counts.

    Args:
        x: A tensor of any dtype.

    Returns:
        ``values``, sorted, shape (n,); ``indices``, int64, shape (n,): where each value first occurs
        in the flattened x; ``inverse_indices``, int64, of the shape of x: values[inverse_indices] is
        x; ``counts``, int64, shape (n,).

    Source: aten::sort.stable.
    """
    groups = _Groups("unique_all", x)
    return UniqueAll(groups.values(), groups.indices(), groups.inverse(), groups.counts())


_ORDERED: Final = REAL | BOOL
_COUNTS: Final = Several(UniqueCounts._make, lambda dtype: (dtype, dtypes.int64))
_INVERSE: Final = Several(UniqueInverse._make, lambda dtype: (dtype, dtypes.int64))


@fast_path("unique_counts", _ORDERED, _COUNTS, x=OPERAND)
def unique_counts(x: Tensor, /) -> UniqueCounts:
    """The distinct elements and their counts. See :func:`unique_all`.

    Source: aten::_unique2.
    """
    x = tensor("unique_counts", x)
    if x.dtype.kind in _ORDERED:
        return UniqueCounts(*run_many("unique_counts", (x.dtype, dtypes.int64), x))
    groups = _Groups("unique_counts", x)
    return UniqueCounts(groups.values(), groups.counts())


@fast_path("unique_inverse", _ORDERED, _INVERSE, x=OPERAND)
def unique_inverse(x: Tensor, /) -> UniqueInverse:
    """The distinct elements and the inverse indices. See :func:`unique_all`.

    Source: aten::_unique2.
    """
    x = tensor("unique_inverse", x)
    if x.dtype.kind in _ORDERED:
        return UniqueInverse(*run_many("unique_inverse", (x.dtype, dtypes.int64), x))
    groups = _Groups("unique_inverse", x)
    return UniqueInverse(groups.values(), groups.inverse())


@fast_path("unique_values", _ORDERED, x=OPERAND)
def unique_values(x: Tensor, /) -> Tensor:
    """The distinct elements. See :func:`unique_all`.

    Source: aten::_unique2.
    """
    x = tensor("unique_values", x)
    if x.dtype.kind in _ORDERED:
        return run("unique_values", x.dtype, x)
    return _Groups("unique_values", x).values()


@fast_path("isin", REAL, dtypes.bool, x1=OPERAND, x2=SAME)
def isin(x1: Tensor | Scalar, x2: Tensor | Scalar, /, *, invert: bool = False) -> Tensor:
    """Whether each element of x1 is among the elements of x2.

    Args:
        x1, x2: Tensors of any dtype; one may be a Python scalar.
        invert: If True, the result is negated.

    Returns:
        A tensor of bool, of the shape of x1.

    Raises:
        TypeError: If the dtypes do not mix.

    Source: aten::isin.Tensor_Tensor.
    """
    for x, other in ((x1, x2), (x2, x1)):
        if isinstance(x, Tensor) and arguments.beyond(other, x.dtype):  # nothing equals it
            shaped = x1 if x is x1 else arguments.scalar_tensor("isin", 0, x.dtype, x)
            return creation.full_like(shaped, bool(invert), dtype=dtypes.bool)
    a, b = arguments.pair("isin", x1, x2, ANY, of_one_kind=True)
    if a.dtype is dtypes.bool:
        a, b = arguments.astype(a, dtypes.uint8), arguments.astype(b, dtypes.uint8)
    if a.dtype.kind == "complex":
        matches = elementwise.equal(
            manipulation.expand_dims(a, axis=-1), manipulation.reshape(b, (-1,))
        )
        found = run("any", dtypes.bool, matches, (a.ndim,), False)
    else:
        found = run("isin", dtypes.bool, a, b)
    return elementwise.logical_not(found) if invert else found
