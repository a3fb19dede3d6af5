"""The state of the sentence encoder goes to PyTorch's BERT and back, also after a training step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as tf
from examples.minilm.bert import Bert
from examples.minilm.encoder import Encoder, packaged_model, padded, pooled
from examples.minilm.weights import read

# Both compute in float32, in another order of summation: 6 layers add up to some 1e-6 in unit vectors.
TOLERANCE = 1e-5
SENTENCES = [
    "The ferry leaves the harbour at seven in the morning.",
    "Rain.",
    "She counted the stars until the tide came in, and then she counted the waves.",
]
# The file has them, and the encoder does not use them.
UNUSED = {"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"}


def theirs(torch: Any) -> Any:
    """Hugging Face's BertModel with random weights."""
    from transformers import BertConfig, BertModel  # type: ignore[attr-defined]

    config = BertConfig.from_pretrained(packaged_model(), local_files_only=True)
    torch.manual_seed(0)
    return BertModel(config, add_pooling_layer=False).train(False)


def inputs() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return padded(Encoder(packaged_model()).tokenizer.encode_batch(SENTENCES))


def vectors_of(torch: Any, model: Any) -> Any:
    """The sentence vectors by PyTorch: the mean over the tokens, of length 1."""
    ids, mask = map(torch.from_numpy, inputs())
    tokens = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    weights = mask[:, :, None].float()
    return torch.nn.functional.normalize((tokens * weights).sum(1) / weights.sum(1))


def trained_bert() -> Bert:
    """The packaged model after one training step of all weights, which are mapped copy-on-write."""
    bert = Encoder(packaged_model()).bert
    bert.requires_grad_()
    optimizer = tf.optim.SGD(bert.parameters(), lr=0.5)
    loss(bert).backward()
    optimizer.step()
    return bert


def loss(bert: Bert) -> tf.Tensor:
    """How near the first two sentences are."""
    ids, mask = inputs()
    attend = tf.from_numpy(mask[:, None, None])
    vectors = pooled(bert(tf.from_numpy(ids), attend), tf.from_numpy(mask[..., None].astype("f4")))
    return tf.sum(vectors[0] * vectors[1])


@pytest.mark.usefixtures("backend")
def test_names_are_those_of_the_packaged_file() -> None:
    bert, file = Encoder(packaged_model()).bert, read(packaged_model() / "model.safetensors")
    assert set(bert.state_dict()) == set(file) - UNUSED
    assert set(file) > UNUSED


def test_our_state_gives_pytorch_the_same_vectors(backend: str, torch: Any, tmp_path: Path) -> None:
    encoder = Encoder(packaged_model())
    tf.save(encoder.bert.state_dict(), tmp_path / "state.pt")
    model = theirs(torch)
    assert str(model.load_state_dict(torch.load(tmp_path / "state.pt"))).startswith("<All keys")
    expected = vectors_of(torch, model).detach().numpy()
    assert np.abs(encoder.embed(SENTENCES) - expected).max() <= TOLERANCE


def test_pytorchs_state_gives_us_the_same_vectors(backend: str, torch: Any, tmp_path: Path) -> None:
    model = theirs(torch)
    torch.save(model.state_dict(), tmp_path / "state.pt")
    encoder = Encoder(packaged_model())
    before = encoder.embed(SENTENCES)
    encoder.bert.load_state_dict(tf.load(tmp_path / "state.pt"), assign=True)
    expected = vectors_of(torch, model).detach().numpy()
    assert np.abs(encoder.embed(SENTENCES) - expected).max() <= TOLERANCE
    assert np.abs(before - expected).max() > 0.1


@pytest.mark.usefixtures("ffi_backend")
def test_a_training_step_gives_pytorchs_weights(torch: Any, tmp_path: Path) -> None:
    tf.save(Encoder(packaged_model()).bert.state_dict(), tmp_path / "before.pt")
    bert = trained_bert()
    tf.save(bert.state_dict(), tmp_path / "after.pt")
    model = theirs(torch)
    model.load_state_dict(torch.load(tmp_path / "before.pt"))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    vectors = vectors_of(torch, model)
    (vectors[0] * vectors[1]).sum().backward()
    optimizer.step()
    before, after = (torch.load(tmp_path / name) for name in ("before.pt", "after.pt"))
    moved = 0
    for name, expected in model.state_dict().items():
        step = (expected - before[name]).abs().max().item()
        moved += step > 1e-6
        # The step is the gradient, which sums float32 products over all tokens.
        assert (after[name] - expected).abs().max() <= 1e-3 * step + 1e-7, name
    assert moved > 90  # of 101; the bias of keys has no gradient


@pytest.mark.usefixtures("ffi_backend")
def test_a_trained_state_is_the_same_model_everywhere(torch: Any, tmp_path: Path) -> None:
    bert = trained_bert()
    tf.save(bert.state_dict(), tmp_path / "trained.pt")
    model = theirs(torch)
    model.load_state_dict(torch.load(tmp_path / "trained.pt"))
    expected = vectors_of(torch, model).detach().numpy()
    for backend in ("ffi", "numpy"):
        with tf.use_backend(backend):
            found = Encoder(packaged_model(), tmp_path / "trained.pt").embed(SENTENCES)
        assert np.abs(found - expected).max() <= TOLERANCE
    assert np.abs(found - Encoder(packaged_model()).embed(SENTENCES)).max() > 0.01
