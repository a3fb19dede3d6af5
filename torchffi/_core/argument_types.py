"""Types of arguments that are not tensors."""

from __future__ import annotations

Scalar = bool | int | float | complex
Axis = int | tuple[int, ...] | None
