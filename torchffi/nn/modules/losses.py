"""Losses of numbers, distributions and distances as layers."""

from __future__ import annotations

from torchffi.nn import functional
from torchffi.nn.modules.layer import Flag, Loss


class L1Loss(Loss):
    """The layer of :func:`~torchffi.nn.functional.l1_loss`, with its arguments.

    Source: torch.nn.L1Loss.
    """

    _function = staticmethod(functional.l1_loss)

    def __init__(
        self, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)


class MSELoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.mse_loss`, with its arguments.

    Source: torch.nn.MSELoss.
    """

    _function = staticmethod(functional.mse_loss)

    def __init__(
        self, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)


class SmoothL1Loss(Loss):
    """The layer of :func:`~torchffi.nn.functional.smooth_l1_loss`, with its arguments.

    Source: torch.nn.SmoothL1Loss.
    """

    _function = staticmethod(functional.smooth_l1_loss)

    def __init__(
        self,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(reduction, size_average, reduce, beta=beta)


class HuberLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.huber_loss`, with its arguments.

    Source: torch.nn.HuberLoss.
    """

    _function = staticmethod(functional.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction, delta=delta)


class KLDivLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.kl_div`, with its arguments.

    Source: torch.nn.KLDivLoss.
    """

    _function = staticmethod(functional.kl_div)

    def __init__(
        self,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(reduction, size_average, reduce, log_target=log_target)


class PoissonNLLLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.poisson_nll_loss`, with its arguments.

    Source: torch.nn.PoissonNLLLoss.
    """

    _function = staticmethod(functional.poisson_nll_loss)

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Flag = None,
        eps: float = 1e-8,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, log_input=log_input, full=full, eps=eps)


class GaussianNLLLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.gaussian_nll_loss`, with its arguments.

    Source: torch.nn.GaussianNLLLoss.
    """

    _function = staticmethod(functional.gaussian_nll_loss)

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction, full=full, eps=eps)


class CosineEmbeddingLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.cosine_embedding_loss`, with its arguments.

    Source: torch.nn.CosineEmbeddingLoss.
    """

    _function = staticmethod(functional.cosine_embedding_loss)

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, margin=margin)


class HingeEmbeddingLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.hinge_embedding_loss`, with its arguments.

    Source: torch.nn.HingeEmbeddingLoss.
    """

    _function = staticmethod(functional.hinge_embedding_loss)

    def __init__(
        self,
        margin: float = 1.0,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, margin=margin)


class MarginRankingLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.margin_ranking_loss`, with its arguments.

    Source: torch.nn.MarginRankingLoss.
    """

    _function = staticmethod(functional.margin_ranking_loss)

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, margin=margin)


class SoftMarginLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.soft_margin_loss`, with its arguments.

    Source: torch.nn.SoftMarginLoss.
    """

    _function = staticmethod(functional.soft_margin_loss)

    def __init__(
        self, size_average: Flag = None, reduce: Flag = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, size_average, reduce)


class TripletMarginLoss(Loss):
    """The layer of :func:`~torchffi.nn.functional.triplet_margin_loss`, with its arguments.

    Source: torch.nn.TripletMarginLoss.
    """

    _function = staticmethod(functional.triplet_margin_loss)

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Flag = None,
        reduce: Flag = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction, size_average, reduce, margin=margin, p=p, eps=eps, swap=swap)
