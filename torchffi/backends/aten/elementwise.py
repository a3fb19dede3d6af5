"""Elementwise operators."""

from __future__ import annotations

OPERATORS: dict[str, str] = {}
