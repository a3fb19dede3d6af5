"""Learning rates that change with the steps, by PyTorch's names."""

from __future__ import annotations

from torchffi.optim.lr_scheduler.base import LRScheduler
from torchffi.optim.lr_scheduler.composed import ChainedScheduler, SequentialLR
from torchffi.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from torchffi.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    StepLR,
)
from torchffi.optim.lr_scheduler.one_cycle import OneCycleLR
from torchffi.optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
