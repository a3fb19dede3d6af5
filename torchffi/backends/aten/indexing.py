"""Elements picked by position."""

from __future__ import annotations

OPERATORS: dict[str, str] = {}
