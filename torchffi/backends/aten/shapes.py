"""Shape and order."""

from __future__ import annotations

OPERATORS: dict[str, str] = {
    "repeat": "aten::repeat_interleave.self_Tensor",
    "roll": "aten::roll",
    "tile": "aten::tile",
    "tril": "aten::tril",
    "triu": "aten::triu",
    "view": "aten::view",
}
