"""Helpers around training: :mod:`torchffi.utils.data`."""

from __future__ import annotations

from torchffi.utils import data

__all__ = ["data"]
