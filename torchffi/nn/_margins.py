"""Losses that are 0 beyond a margin, mostly of pairs.

``reduction`` is ``"mean"``, ``"sum"``, or ``"none"`` for a loss of each element; ``size_average`` and
``reduce`` are its former spelling.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

from typing import Final

from torchffi._core.arguments import tensor
from torchffi._core.tensor import Tensor
from torchffi.errors import ShapeError
from torchffi.nn._arguments import operator, reduction

_number = reduction  # a parameter of all functions has its name

_cosine: Final = operator("cosine_embedding_loss")
_ranking: Final = operator("margin_ranking_loss")
_triplet: Final = operator("triplet_margin_loss")
_hinge: Final = operator("hinge_embedding_loss")
_soft_margin: Final = operator("soft_margin_loss")


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cosine of two vectors where the target is 1, max(0, cosine - margin) where it is -1.

    Args:
        input1: A tensor of shape (n, length) or (length,).
        input2: A tensor of that shape.
        target: A tensor of shape (n,) or (), of 1 and -1.
        margin: The largest cosine without a loss.
        size_average, reduce, reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::cosine_embedding_loss.
    """
    number = _number("cosine_embedding_loss", reduction, size_average, reduce)
    return _cosine(input1, input2, target, margin, number)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -target * (input1 - input2) + margin).

    Args:
        input1: A tensor of a floating-point dtype.
        input2: A tensor of the same shape.
        target: A tensor of the same shape: 1 where input1 should be larger, else -1.
        margin: The least difference without a loss.
        size_average, reduce, reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::margin_ranking_loss.
    """
    number = _number("margin_ranking_loss", reduction, size_average, reduce)
    shapes = [tensor("margin_ranking_loss", one).shape for one in (input1, input2, target)]
    if len(set(map(len, shapes))) > 1:
        raise ShapeError(
            f"margin_ranking_loss: shapes {shapes[0]}, {shapes[1]} and {shapes[2]} differ in their axes"
        )
    return _ranking(input1, input2, target, margin, number)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, distance to the positive - distance to the negative + margin).

    Args:
        anchor: Vectors, a tensor of shape (n, length) or (length,).
        positive: Vectors that should be near.
        negative: Vectors that should be far.
        margin: The least difference of the distances without a loss.
        p: The order of the norm: see :func:`pairwise_distance`.
        eps: Added to the differences.
        swap: Whether the distance of positive and negative counts where it is smaller.
        size_average, reduce, reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::triplet_margin_loss.
    """
    number = _number("triplet_margin_loss", reduction, size_average, reduce)
    return _triplet(anchor, positive, negative, margin, p, eps, bool(swap), number)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The input where the target is 1, max(0, margin - input) where it is -1.

    Args:
        input: Distances, a tensor of a floating-point dtype.
        target: A tensor of the same shape, of 1 and -1.
        margin: The least distance without a loss.
        size_average, reduce, reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::hinge_embedding_loss.
    """
    number = _number("hinge_embedding_loss", reduction, size_average, reduce)
    return _hinge(input, target, float(margin), number)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(-target * input)).

    Args:
        input: A tensor of a floating-point dtype.
        target: A tensor of the same shape, of 1 and -1.
        size_average, reduce, reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::soft_margin_loss.
    """
    number = _number("soft_margin_loss", reduction, size_average, reduce)
    return _soft_margin(input, target, number)
