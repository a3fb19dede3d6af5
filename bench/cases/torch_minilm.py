"""The sentence encoder with torch and transformers, written without torchffi.

It imports the two classes by name, which starts faster than ``AutoModel`` and ``AutoTokenizer``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the model is on the disk
os.environ.setdefault("TQDM_DISABLE", "1")

import torch
from transformers import BertModel, BertTokenizerFast  # type: ignore[attr-defined]

MAX_TOKENS = 256


class TorchEncoder:
    """all-MiniLM-L6-v2 on PyTorch."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = BertTokenizerFast.from_pretrained(folder)
        self.model = BertModel.from_pretrained(folder, add_pooling_layer=False)
        self.model.train(False)

    def embed(self, sentences: Sequence[str]) -> torch.Tensor:
        """Sentences as vectors of length 1, (len(sentences), 384); all in one batch."""
        encoded = self.tokenizer(
            list(sentences),
            padding=True,
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
        ids, mask = encoded["input_ids"], encoded["attention_mask"]
        with torch.inference_mode():
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask[:, :, None].to(hidden.dtype)
            mean = (hidden * weights).sum(1) / weights.sum(1)
            return torch.nn.functional.normalize(mean)
