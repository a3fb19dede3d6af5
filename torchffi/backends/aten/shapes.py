"""Shape and order."""

from __future__ import annotations

OPERATORS: dict[str, str] = {"roll": "aten::roll"}
