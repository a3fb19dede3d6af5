"""Reductions and running totals."""

from __future__ import annotations

OPERATORS: dict[str, str] = {}
