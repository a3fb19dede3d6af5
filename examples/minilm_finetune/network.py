"""The classifier, its inputs, and its training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import torchffi as tf
from examples.minilm.bert import Layer
from examples.minilm.encoder import Encoder, batches, padded, pooled
from examples.training import History
from torchffi import Tensor, nn
from torchffi.utils.data import DataLoader, RandomSampler

Item = tuple[np.ndarray[Any, Any], int]  # what a sentence is before the last layer, and its topic


class Classifier(nn.Module):
    """The last layer of an encoder, and a head on the vector of the sentence."""

    def __init__(self, layer: Layer, topics: int) -> None:
        super().__init__()
        self.layer = layer
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(layer.output.dense.out_features, topics)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """A score for each topic, of shape (batch, topics)."""
        return self.head(self.dropout(self.vectors(x, mask)))

    def vectors(self, x: Tensor, mask: Tensor) -> Tensor:
        """The unit vectors of sentences, of shape (batch, hidden).

        Args:
            x: The tokens before the last layer, of shape (batch, tokens, hidden).
            mask: bool of shape (batch, tokens), true where there is a token and no padding.
        """
        x = self.layer(x, mask[:, None, None, :])
        return pooled(x, tf.astype(mask[:, :, None], x.dtype))


@tf.no_grad()
def items(encoder: Encoder, texts: Sequence[str], topics: Sequence[int]) -> list[Item]:
    """The inputs of the classifier: the layers before the last one are computed only once."""
    encoded = encoder.tokenizer.encode_batch(list(texts))
    found: list[Any] = [None] * len(encoded)
    for chosen in batches([len(one) for one in encoded], 32):
        ids, mask = padded([encoded[i] for i in chosen])
        x = encoder.bert.embeddings(tf.from_numpy(ids))
        for layer in encoder.bert.encoder.layer[:-1]:
            x = layer(x, tf.from_numpy(mask[:, None, None]))
        for i, tokens in zip(chosen, x.numpy(), strict=True):
            found[i] = tokens[: len(encoded[i])].copy(), topics[i]
    return found


class ByLength:
    """Batches of sentences of similar length, in random order: padding would be half of the work."""

    def __init__(self, lengths: Sequence[int], size: int) -> None:
        self.lengths, self.size = lengths, size
        self.count = len(list(batches(lengths, size)))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[list[int]]:
        order = list(RandomSampler(self.lengths))  # decides among sentences of the same length
        found = list(batches([self.lengths[i] for i in order], self.size))
        for i in RandomSampler(found):
            yield [order[k] for k in found[i]]


def collate(chosen: Sequence[Item]) -> tuple[Tensor, Tensor, Tensor]:
    """Padded tokens, their mask and the topics."""
    lengths = np.array([len(tokens) for tokens, _ in chosen])
    mask = np.arange(lengths.max()) < lengths[:, None]
    x = np.zeros((*mask.shape, chosen[0][0].shape[1]), np.float32)
    x[mask] = np.concatenate([tokens for tokens, _ in chosen])
    return tf.from_numpy(x), tf.from_numpy(mask), tf.asarray([topic for _, topic in chosen])


def train(
    net: Classifier,
    data: Sequence[Item],
    test: Sequence[Item],
    epochs: int,
    checkpoint: Path,
    shown: Callable[[DataLoader, int], Iterator[Any]],
) -> History:
    """Trains the classifier, and stores it after each epoch.

    Args:
        net: The classifier; its parameters require gradients.
        data: The sentences to train with.
        test: Those on which the accuracy is measured.
        epochs: How often all sentences are used.
        checkpoint: The file for the state of the classifier and of the optimizer.
        shown: Wraps the loader of an epoch, to show a progress bar.
    """
    order = ByLength([len(tokens) for tokens, _ in data], 32)
    loader = DataLoader(data, batch_sampler=order, collate_fn=collate)
    rates = {net.layer: 3e-4, net.head: 1e-2}  # the layer is trained already
    groups = [{"params": list(part.parameters()), "lr": rate} for part, rate in rates.items()]
    optimizer = tf.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * len(loader)
    scheduler = tf.optim.lr_scheduler.OneCycleLR(optimizer, list(rates.values()), steps)
    history = History()
    for epoch in range(epochs):
        total = 0.0
        net.train()
        for x, mask, topics in shown(loader, epoch):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x, mask), topics)
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item()
        history.loss.append(total / len(loader))
        right = predicted(net, test) == [topic for _, topic in test]
        history.accuracy.append(float(right.mean()))
        state = {"network": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}
        tf.save(state, checkpoint)
    return history


def predicted(net: Classifier, test: Sequence[Item]) -> np.ndarray[Any, Any]:
    """The topic of each sentence."""
    return evaluated(net.eval(), net, test).argmax(axis=1)


def nearest(net: Classifier, data: Sequence[Item], test: Sequence[Item]) -> Any:
    """The topic whose mean vector is nearest to each sentence: what the encoder does untrained."""
    vectors, topics = evaluated(net, net.vectors, data), np.array([topic for _, topic in data])
    means = np.array([vectors[topics == topic].mean(axis=0) for topic in np.unique(topics)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return (evaluated(net, net.vectors, test) @ means.T).argmax(axis=1)


@tf.no_grad()
def evaluated(net: Classifier, function: Callable[..., Tensor], given: Sequence[Item]) -> Any:
    """The results of a function of the classifier, in evaluation mode, for all sentences."""
    net.eval()
    loader = DataLoader(given, batch_size=64, collate_fn=collate)
    return np.concatenate([function(x, mask).numpy() for x, mask, _ in loader])
