"""Losses of classes and of sequences of them.

``reduction`` is ``"mean"``, ``"sum"``, or ``"none"`` for a loss of each element; ``size_average`` and
``reduce`` are its former spelling.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from torchffi._core.arguments import tensor
from torchffi._core.tensor import Tensor
from torchffi.errors import ShapeError
from torchffi.nn._arguments import direct, operator, reduction

_number = reduction  # a parameter of all functions has its name

_cross_entropy: Final = operator("cross_entropy", "cross_entropy_loss")
_nll: Final = operator("nll_loss", "nll_loss_nd")
_binary: Final = operator("binary_cross_entropy")
_binary_logits: Final = operator("binary_cross_entropy_with_logits")
_ctc: Final = operator("ctc_loss", "ctc_loss.IntList")
_ctc_of_tensors: Final = operator("ctc_loss", "ctc_loss.Tensor")


@direct(_cross_entropy)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Minus the logarithm of the softmax at the class of the target.

    Args:
        input: Scores, a tensor of shape (n, classes, ...) or (classes,), of a floating-point dtype.
        target: int64 classes of shape (n, ...) or (); or probabilities of the shape and dtype of the
            input.
        weight: Factors of the classes, of shape (classes,).
        size_average, reduce, reduction: See the module.
        ignore_index: A class that does not count.
        label_smoothing: Share of the probability that all classes get equally, from 0 to 1.

    Returns:
        A 0-d tensor; for ``"none"`` one of shape (n, ...) or ().

    Raises:
        IndexError: If a class is out of range.
        ValueError: If the shapes or dtypes do not fit, or for another reduction.

    Source: aten::cross_entropy_loss.
    """
    number = _number("cross_entropy", reduction, size_average, reduce)
    return _cross_entropy(input, target, weight, number, ignore_index, float(label_smoothing))


@direct(_nll)
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the logarithm of the probability of the class of the target.

    Args:
        input: Logarithms of probabilities, a tensor of shape (n, classes, ...) or (classes,).
        target: int64 classes of shape (n, ...) or ().
        weight, size_average, ignore_index, reduce, reduction: As for :func:`cross_entropy`.

    Raises:
        IndexError: If a class is out of range.
        ValueError: If the shapes or dtypes do not fit, or for another reduction.

    Source: aten::nll_loss_nd.
    """
    number = _number("nll_loss", reduction, size_average, reduce)
    return _nll(input, target, weight, number, ignore_index)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus target * log(input) + (1 - target) * log(1 - input), where logarithms are at least -100.

    Args:
        input: Probabilities, a tensor of a floating-point dtype.
        target: Probabilities of the same shape and dtype.
        weight: Factors that broadcast to that shape.
        size_average, reduce, reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, if the input is not in [0, 1], or for another reduction.

    Source: aten::binary_cross_entropy.
    """
    number = _number("binary_cross_entropy", reduction, size_average, reduce)
    _same_shape("binary_cross_entropy", input, target)
    return _binary(input, target, weight, number)


def _same_shape(name: str, input: Tensor, target: Tensor) -> None:
    if tensor(name, input).shape != tensor(name, target).shape:
        raise ShapeError(f"{name}: target has shape {target.shape}, and input {input.shape}")


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """The :func:`binary_cross_entropy` of the sigmoid, without overflow.

    Args:
        input: A tensor of a floating-point dtype.
        target: Probabilities of the same shape.
        weight, size_average, reduce, reduction: As for :func:`binary_cross_entropy`.
        pos_weight: Factors of the term of the target, that broadcast to its shape.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::binary_cross_entropy_with_logits.
    """
    name = "binary_cross_entropy_with_logits"
    number = _number(name, reduction, size_average, reduce)
    _same_shape(name, input, target)
    return _binary_logits(input, target, weight, pos_weight, number)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the logarithm of the probability of a sequence under all alignments with an input.

    Args:
        log_probs: Logarithms of probabilities, of shape (steps, n, classes) or (steps, classes).
        targets: Sequences of classes, of shape (n, length), or one after the other, of one axis.
        input_lengths: Number of steps of each sample.
        target_lengths: Length of each sequence.
        blank: The class that stands for none.
        reduction: See the module; the mean is over losses divided by the target lengths.
        zero_infinity: Whether infinite losses, and their gradients, count as 0.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.
        UnavailableError: On NumPy.

    Source: aten::ctc_loss.IntList, aten::ctc_loss.Tensor.
    """
    number = _number("ctc_loss", reduction)
    lengths: list[Any] = [input_lengths, target_lengths]
    loss = _ctc_of_tensors
    if not all(isinstance(one, Tensor) for one in lengths):
        lengths = [one.tolist() if isinstance(one, Tensor) else list(one) for one in lengths]
        loss = _ctc
    return loss(log_probs, targets, *lengths, blank, number, bool(zero_infinity))
