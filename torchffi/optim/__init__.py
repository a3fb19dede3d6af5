"""Optimizers, by PyTorch's names: they change parameters in place by their gradients.

A parameter is any leaf tensor that requires gradients. States are saved in PyTorch's layout, so that
``state_dict()`` goes both ways through :func:`torchffi.save` and :func:`torchffi.load`.
"""

from __future__ import annotations

from torchffi.optim import lr_scheduler
from torchffi.optim.adadelta import Adadelta
from torchffi.optim.adagrad import Adagrad
from torchffi.optim.adam import Adam
from torchffi.optim.adamax import Adamax
from torchffi.optim.adamw import AdamW
from torchffi.optim.lbfgs import LBFGS
from torchffi.optim.nadam import NAdam
from torchffi.optim.optimizer import Optimizer
from torchffi.optim.radam import RAdam
from torchffi.optim.rmsprop import RMSprop
from torchffi.optim.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "lr_scheduler",
]
