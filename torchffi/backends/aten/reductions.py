"""Running totals."""

from __future__ import annotations

OPERATORS: dict[str, str] = {"cumsum": "aten::cumsum", "cumprod": "aten::cumprod"}
