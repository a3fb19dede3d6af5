"""Rows of tables, and distances of vectors.

Source: the ATen operators named at each function.
"""

from __future__ import annotations

from typing import Final

from torchffi._array import ranges
from torchffi._array.manipulation import reshape
from torchffi._array.statistical import max, min
from torchffi._aten import layers
from torchffi._autograd.modes import no_grad
from torchffi._core import arguments
from torchffi._core.argument_kinds import INDICES, OPERAND
from torchffi._core.arguments import tensor
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, FLOATING
from torchffi.errors import AxisError, DTypeError, InvalidArgumentError, NotSupportedError
from torchffi.nn._arguments import direct, first_of, operator

_embedding: Final = operator("embedding")
_renorm: Final = operator("embedding", "embedding_renorm_")
_bag: Final = first_of("embedding_bag", "embedding_bag.padding_idx")
_bag_renorm: Final = operator("embedding_bag", "embedding_renorm_")
_bilinear: Final = operator("bilinear")
_cosine_similarity: Final = operator("cosine_similarity")
_pairwise_distance: Final = operator("pairwise_distance")
_one_hot: Final = operator("one_hot")
_BAG_MODES: Final = {"sum": 0, "mean": 1, "max": 2}


def _checked(name: str, input: Tensor, weight: Tensor) -> None:
    """Raises TypeError if the indices are not integers; tells if the arguments are exchanged."""
    if tensor(name, input).dtype.kind in FLOATING:
        raise DTypeError(
            f"{name}: input has dtype {input.dtype}, expected integers; "
            "the arguments are (input, weight): the indices, then the table"
        )
    tensor(name, weight)


def _row(name: str, given: int | None, weight: Tensor) -> int | None:
    """The row of ``padding_idx``, counted from 0."""
    if given is None:
        return None
    if weight.ndim and not -weight.shape[0] <= given < weight.shape[0]:
        raise AxisError(f"{name}: padding_idx is {given}, and weight has {weight.shape[0]} rows")
    return given % weight.shape[0] if weight.ndim else given


def _dense(name: str, sparse: bool) -> None:
    if sparse:
        raise NotSupportedError(f"{name}: sparse gradients are not supported; use sparse=False")


@fast_path("embedding", ANY, weight=OPERAND, input=INDICES)
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table.

    Args:
        input: A tensor of integers, each in [0, rows).
        weight: A tensor of shape (rows, columns).
        padding_idx: A row that gets no gradient.
        max_norm: Rows with a larger norm are scaled to it first, in place.
        norm_type: The order of that norm.
        scale_grad_by_freq: Whether gradients are divided by how often the row is in the input.
        sparse: Must be False.

    Returns:
        A tensor of shape input.shape + (columns,).

    Raises:
        TypeError: If the indices are not integers.
        IndexError: If an index is out of range.
        ValueError: If the table is not 2-D.

    Source: aten::embedding, aten::embedding_renorm_.
    """
    _checked("embedding", input, weight)
    if padding_idx is None and max_norm is None and not scale_grad_by_freq and not sparse:
        return layers.embedding(weight, input)
    _dense("embedding", sparse)
    row = _row("embedding", padding_idx, weight)
    indices = arguments.indices("embedding", input)
    if max_norm is not None:
        with no_grad():
            _renorm(weight, indices, max_norm, norm_type)
    return _embedding(weight, indices, -1 if row is None else row, bool(scale_grad_by_freq), False)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of rows of a table.

    Args:
        input: A tensor of integers of shape (bags, n), or of shape (n,) together with offsets.
        weight: A tensor of shape (rows, columns), of a floating-point dtype.
        offsets: Where each bag begins in an input of shape (n,).
        max_norm, norm_type, scale_grad_by_freq, sparse: As for :func:`embedding`.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        per_sample_weights: Factors of the rows, of the shape of the input; for mode ``"sum"``.
        include_last_offset: Whether the last offset is the end of the last bag.
        padding_idx: A row that is left out.

    Returns:
        A tensor of shape (bags, columns).

    Raises:
        TypeError: If the indices are not integers.
        IndexError: If an index is out of range.
        ValueError: If the arguments do not fit.

    Source: aten::embedding_bag.padding_idx.
    """
    name = "embedding_bag"
    _checked(name, input, weight)
    _dense(name, sparse)
    if mode not in _BAG_MODES:
        raise InvalidArgumentError(f"{name}: mode is {mode!r}, expected 'sum', 'mean' or 'max'")
    if per_sample_weights is not None and (
        mode != "sum" or tensor(name, per_sample_weights).shape != input.shape
    ):
        raise InvalidArgumentError(
            f"{name}: per_sample_weights are for mode 'sum', and have the shape of the input"
        )
    indices = arguments.indices(name, input)
    if (input.ndim == 2) != (offsets is None) or input.ndim not in (1, 2):
        raise InvalidArgumentError(
            f"{name}: input has shape {input.shape}, expected 2 axes, or 1 axis with offsets"
        )
    if offsets is None:
        bags, length = input.shape
        if length:
            offsets = ranges.arange(0, bags * length, length, device=input.device)
        else:
            offsets = ranges.arange(bags, device=input.device) * 0
        indices = reshape(indices, (-1,))
        if per_sample_weights is not None:
            per_sample_weights = reshape(per_sample_weights, (-1,))
    if max_norm is not None:
        with no_grad():
            _bag_renorm(weight, indices, max_norm, norm_type)
    try:
        return _bag(
            weight, indices, arguments.indices(name, offsets), bool(scale_grad_by_freq),
            _BAG_MODES[mode], False, per_sample_weights, bool(include_last_offset),
            _row(name, padding_idx, weight),
        )  # fmt: skip
    except InvalidArgumentError:
        extremes = [int(one(indices)) for one in (min, max) if indices.size]
        if extremes and not 0 <= extremes[0] <= extremes[1] < weight.shape[0]:
            raise AxisError(
                f"{name}: an index is out of range for {weight.shape[0]} rows"
            ) from None
        raise


@direct(_one_hot)
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors with a 1 at an index and 0 elsewhere.

    Args:
        tensor: An int64 tensor of indices.
        num_classes: Length of the vectors; one more than the largest index if -1.

    Returns:
        An int64 tensor of shape tensor.shape + (num_classes,).

    Raises:
        ValueError: If an index is negative or not below the number of classes.

    Source: aten::one_hot.
    """
    return _one_hot(tensor, num_classes)


@direct(_bilinear)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight[k] @ input2 + bias[k] for each k.

    Args:
        input1: A tensor of shape (..., in1), of a floating-point dtype.
        input2: A tensor of shape (..., in2).
        weight: A tensor of shape (out, in1, in2).
        bias: A tensor of shape (out,).

    Returns:
        A tensor of shape (..., out).

    Raises:
        ValueError: If the shapes do not fit.

    Source: aten::bilinear.
    """
    return _bilinear(input1, input2, weight, bias)


@direct(_cosine_similarity)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors.

    Args:
        x1: A tensor of a floating-point dtype.
        x2: A tensor that broadcasts with it.
        dim: The axis of the vectors.
        eps: The least norm to divide by.

    Source: aten::cosine_similarity.
    """
    return _cosine_similarity(x1, x2, dim, eps)


@direct(_pairwise_distance)
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The norm of x1 - x2 + eps along the last axis.

    Args:
        x1: A tensor of a floating-point dtype.
        x2: A tensor that broadcasts with it.
        p: The order of the norm.
        eps: Added to the differences.
        keepdim: Whether the axis is kept with length 1.

    Source: aten::pairwise_distance.
    """
    return _pairwise_distance(x1, x2, p, eps, bool(keepdim))
