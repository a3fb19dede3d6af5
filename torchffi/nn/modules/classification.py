"""Losses of classes as layers."""

from __future__ import annotations

from torchffi._core.tensor import Tensor
from torchffi.nn import functional
from torchffi.nn.modules.layer import Flag, Loss, WeightedLoss


class CTCLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.ctc_loss`, with its arguments.

    Source: torch.nn.CTCLoss.
    """

    _function = staticmethod(functional.ctc_loss)

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction, blank=blank, zero_infinity=zero_infinity)


class CrossEntropyLoss(WeightedLoss):
    """The layer of :func:`~torchffi.nn.functional.cross_entropy`, with its arguments.

    Source: torch.nn.CrossEntropyLoss.
    """

    _function = staticmethod(functional.cross_entropy)

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Flag = None,
        ignore_index: int = -100,
        reduce: Flag = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(
            reduction,
            size_average,
            reduce,
            weight=weight,
            ignore_index=ignore_index,
            label_smoothing=label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """The layer of :func:`~torchffi.nn.functional.nll_loss`, with its arguments.

    Source: torch.nn.NLLLoss.
    """

    _function = staticmethod(functional.nll_loss)

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Flag = None,
        ignore_index: int = -100,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, weight=weight, ignore_index=ignore_index)


class BCELoss(WeightedLoss):
    """The layer of :func:`~torchffi.nn.functional.binary_cross_entropy`, with its arguments.

    Source: torch.nn.BCELoss.
    """

    _function = staticmethod(functional.binary_cross_entropy)

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, weight=weight)


class BCEWithLogitsLoss(WeightedLoss):
    """The layer of :func:`~torchffi.nn.functional.binary_cross_entropy_with_logits`, with its arguments.

    Source: torch.nn.BCEWithLogitsLoss.
    """

    _function = staticmethod(functional.binary_cross_entropy_with_logits)

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(reduction, size_average, reduce, weight=weight, pos_weight=pos_weight)
