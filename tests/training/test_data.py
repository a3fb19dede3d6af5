"""Datasets and loaders: the batches, and from one seed the order, of PyTorch's."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import torchffi as tf
from torchffi.utils import data

torch = pytest.importorskip("torch")
theirs = torch.utils.data

Point = namedtuple("Point", ["x", "y"])


class Numbers(data.IterableDataset):
    def __iter__(self) -> Iterator[int]:
        return iter(range(7))


def batches(loader: Any, times: int = 1) -> list[Any]:
    return [[batch.tolist() for batch in loader] for _ in range(times)]


@pytest.mark.parametrize(
    "options",
    [{"batch_size": 4}, {"batch_size": 5, "drop_last": True}, {"batch_size": None}, {}],
    ids=str,
)
@pytest.mark.parametrize("n", [1, 2, 23, 1000])
@pytest.mark.parametrize("seed", [0, 5, 2**40 + 3])
def test_shuffled_order_is_pytorchs(
    options: dict[str, Any], n: int, seed: int, ffi_backend: None
) -> None:
    items = [np.int64(i) for i in range(n)]
    tf.manual_seed(seed)
    found = batches(data.DataLoader(items, shuffle=True, **options), 3)
    later = tf.ops.aten.randperm(9).tolist()
    torch.manual_seed(seed)  # in one process it is the same generator
    assert found == batches(theirs.DataLoader(items, shuffle=True, **options), 3)
    assert later == torch.randperm(9).tolist()
    found = batches(data.DataLoader(items, shuffle=True, generator=seed, **options), 3)
    generator = torch.Generator().manual_seed(seed)
    assert found == batches(
        theirs.DataLoader(items, shuffle=True, generator=generator, **options), 3
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_samples": 5},
        {"num_samples": 46},
        {"replacement": True},
        {"replacement": True, "num_samples": 77},
    ],
    ids=str,
)
def test_samplers_order_is_pytorchs(options: dict[str, Any], ffi_backend: None) -> None:
    tf.manual_seed(4)
    found = list(data.RandomSampler(range(23), **options))
    torch.manual_seed(4)
    assert found == list(theirs.RandomSampler(range(23), **options))
    own = data.RandomSampler(range(23), generator=9, **options)
    other = theirs.RandomSampler(range(23), generator=torch.Generator().manual_seed(9), **options)
    assert [list(own), list(own)] == [list(other), list(other)]
    assert len(own) == len(other)
    some = data.SubsetRandomSampler([3, 5, 8], generator=2)
    expected = theirs.SubsetRandomSampler([3, 5, 8], generator=torch.Generator().manual_seed(2))
    assert list(some) == list(expected)
    tf.manual_seed(4)
    found = list(data.SubsetRandomSampler([3, 5, 8]))
    torch.manual_seed(4)
    assert found == list(theirs.SubsetRandomSampler([3, 5, 8]))


@pytest.mark.parametrize("replacement", [True, False])
def test_weighted_keys_are_pytorchs(replacement: bool, ffi_backend: None) -> None:
    weights, found = [0.1, 0.0, 0.9, 3.0, 0.6, 0.4], []
    for library, sampler in ((tf, data), (torch, theirs)):  # which may share a generator
        library.manual_seed(4)
        keys = sampler.WeightedRandomSampler(weights, 5, replacement)
        found.append([len(keys), keys.weights.tolist(), list(keys), list(keys)])
    assert found[0] == found[1]


@pytest.mark.parametrize("seed", [0, 3, 11])
def test_weighted_keys_of_a_seed_are_pytorchs(seed: int, backend: str) -> None:
    weights = np.random.default_rng(seed).random(50)
    own = data.WeightedRandomSampler(weights, 300, generator=seed)
    other = theirs.WeightedRandomSampler(
        weights, 300, generator=torch.Generator().manual_seed(seed)
    )
    assert [list(own), list(own)] == [list(other), list(other)]


@pytest.mark.parametrize("generator", [None, 6])
@pytest.mark.parametrize("replacement", [True, False])
def test_weighted_keys_come_as_often_as_their_weights_say(
    replacement: bool, generator: int | None, backend: str
) -> None:
    tf.manual_seed(2)
    weights = tf.asarray([1.0, 0.0, 2.0, 1.0])
    sampler = data.WeightedRandomSampler(weights, 2, replacement, generator)
    drawn = [list(sampler) for _ in range(4000)]
    first = np.bincount([keys[0] for keys in drawn], minlength=4) / 4000
    np.testing.assert_allclose(first, [0.25, 0, 0.5, 0.25], atol=0.03)
    if not replacement:
        assert all(a != b for a, b in drawn)
    # After the key 2 the other two are as likely as each other, and the 2 as both if it can come again.
    second = np.bincount([b for a, b in drawn if a == 2], minlength=4) / sum(
        a == 2 for a, _ in drawn
    )
    expected = [0.25, 0, 0.5, 0.25] if replacement else [0.5, 0, 0, 0.5]
    np.testing.assert_allclose(second, expected, atol=0.04)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([1.0], 0), "num_samples is 0"),
        (([1.0], True), "num_samples is True"),
        (([1.0], 1, 1), "replacement is 1"),
        (([[1.0]], 1), r"the weights have shape \(1, 1\)"),
        (([1.0, -1.0], 1), "expected weights >= 0"),
        (([0.0], 1), "expected weights >= 0, and one above 0"),
        (([float("nan")], 1), "expected weights >= 0"),
        (([1.0, 0.0], 2, False), "num_samples is 2, but 1 keys have a weight"),
    ],
)
def test_wrong_weights_are_refused(arguments: Any, text: str, backend: str) -> None:
    with pytest.raises(ValueError, match=f"^WeightedRandomSampler: {text}"):
        data.WeightedRandomSampler(*arguments)


@pytest.mark.parametrize("lengths", [[3, 8], [0.3, 0.7], [0.5, 0.25, 0.25], [11]])
def test_random_split_is_pytorchs(lengths: list[float], ffi_backend: None) -> None:
    for generator in (None, 6):
        given = {} if generator is None else {"generator": torch.Generator().manual_seed(6)}
        tf.manual_seed(1)
        own = data.random_split(range(11), lengths, generator)
        torch.manual_seed(1)
        other = theirs.random_split(range(11), lengths, **given)
        assert [list(part) for part in own] == [list(part) for part in other]


def test_each_iteration_has_another_order_and_all_items(backend: str) -> None:
    tf.manual_seed(3)
    loader = data.DataLoader(data.TensorDataset(tf.arange(40)), batch_size=7, shuffle=True)
    orders = [[item for (batch,) in loader for item in batch.tolist()] for _ in range(2)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(40))
    tf.manual_seed(3)
    assert [item for (batch,) in loader for item in batch.tolist()] == orders[0]
    parts = data.random_split(range(40), [30, 10])
    assert sorted([*parts[0], *parts[1]]) == list(range(40))


BATCHES: dict[str, list[Any]] = {
    "ints": [1, 2, 3],
    "bools": [True, False],
    "floats": [1.5, 2.0],
    "strings": ["a", "b"],
    "bytes": [b"a", b"b"],
    "arrays": [np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)],
    "numbers of NumPy": [np.float32(2), np.float32(3)],
    "tuples": [(1, 2.0, "a"), (3, 4.0, "b")],
    "lists": [[1, 2], [3, 4]],
    "named tuples": [Point(1, 2.0), Point(3, 4.0)],
    "dicts": [{"a": 1, "b": (2, 3)}, {"a": 4, "b": (5, 6)}],
    "ordered dicts": [OrderedDict(a=1), OrderedDict(a=2)],
    "nested": [{"x": [Point(1, {"z": 2.0})]}, {"x": [Point(3, {"z": 4.0})]}],
}


def plain(value: Any) -> Any:
    """A batch with nested lists for tensors, and the dtypes."""
    if isinstance(value, (tf.Tensor, torch.Tensor)):
        return str(value.dtype).removeprefix("torch."), value.tolist()
    if isinstance(value, dict):
        return type(value), {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [plain(one) for one in value]
    return value


@pytest.mark.parametrize("name", BATCHES)
def test_batches_are_made_as_by_pytorch(name: str, backend: str) -> None:
    batch = BATCHES[name]
    assert plain(data.default_collate(batch)) == plain(theirs.default_collate(batch))
    assert plain(data.default_convert(batch)) == plain(theirs.default_convert(batch))


def test_tensors_are_stacked_on_their_backend(backend: str) -> None:
    found = data.default_collate([tf.ones(2), tf.zeros(2)])
    assert found.backend == backend
    assert found.tolist() == [[1, 1], [0, 0]]


def test_datasets(backend: str) -> None:
    x, y = tf.arange(6), tf.ones((6, 2))
    pairs = data.TensorDataset(x, y)
    assert len(pairs) == 6
    assert pairs[2][0].item() == 2
    assert pairs[-1][1].shape == (2,)
    some = data.Subset(range(10), [4, 2, 9])
    assert [len(some), some[2], some.__getitems__([0, 1])] == [3, 9, [4, 2]]
    nested = data.Subset(some, [2, 0])
    assert nested.__getitems__([0, 1]) == [9, 4]
    both = data.ConcatDataset([range(3), some])
    assert [both[i] for i in range(6)] == [0, 1, 2, 4, 2, 9]
    assert both[-1] == 9
    assert len(pairs + pairs) == 12
    with pytest.raises(IndexError, match="index 6 is out of range"):
        both[6]
    loader = data.DataLoader(pairs, batch_size=4)
    assert len(loader) == 2
    assert [tuple(batch[1].shape) for batch in loader] == [(4, 2), (2, 2)]
    for dataset in (data.Dataset(), data.IterableDataset(), data.Sampler()):
        with pytest.raises(NotImplementedError):
            list(dataset) if not isinstance(dataset, data.Dataset) else dataset[0]


def test_iterable_dataset(backend: str) -> None:
    for options in ({}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": 7}):

        class Same(theirs.IterableDataset):
            def __iter__(self) -> Iterator[int]:
                return iter(range(7))

        found = batches(data.DataLoader(Numbers(), **options), 2)
        assert found == batches(theirs.DataLoader(Same(), **options), 2)
    assert list(data.DataLoader(Numbers(), batch_size=None)) == list(range(7))
    with pytest.raises(TypeError):
        len(data.DataLoader(Numbers()))


def test_loader_with_samplers_and_a_function(backend: str) -> None:
    backwards = data.DataLoader(range(5), batch_size=2, sampler=range(4, -1, -1), collate_fn=list)
    assert list(backwards) == [[4, 3], [2, 1], [0]]
    given = data.DataLoader(range(5), batch_sampler=[[0, 4], [2]], collate_fn=tuple)
    assert list(given) == [(0, 4), (2,)]
    assert len(given) == 2
    sampler = data.BatchSampler(data.SequentialSampler(range(5)), 2, True)
    assert list(sampler) == [[0, 1], [2, 3]]
    assert len(sampler) == 2
    tqdm = pytest.importorskip("tqdm")
    bar = tqdm.tqdm(data.DataLoader(range(5)), disable=True)
    assert bar.total == 5
    assert len(list(bar)) == 5


def test_wrong_arguments_are_refused() -> None:
    for options, error, text in (
        ({"num_workers": 2}, NotImplementedError, "num_workers is 2"),
        ({"pin_memory": True}, NotImplementedError, "pin_memory"),
        ({"persistent_workers": True}, ValueError, "persistent_workers"),
        ({"shuffle": True, "sampler": [0]}, ValueError, "got both"),
        ({"batch_sampler": [[0]], "drop_last": True}, ValueError, "batch_sampler excludes"),
        ({"batch_size": None, "drop_last": True}, ValueError, "drop_last needs"),
        ({"generator": "x"}, TypeError, "generator is str"),
    ):
        with pytest.raises(error, match=f"^DataLoader: .*{text}"):
            data.DataLoader(range(3), **options)
    with pytest.raises(ValueError, match=r"^DataLoader: shuffle is True"):
        data.DataLoader(Numbers(), shuffle=True)
    with pytest.raises(ValueError, match=r"^BatchSampler: batch_size is 0"):
        data.DataLoader(range(3), batch_size=0)
    with pytest.raises(ValueError, match=r"^BatchSampler: drop_last is 1"):
        data.BatchSampler([1], 1, 1)
    with pytest.raises(ValueError, match=r"^RandomSampler: num_samples is 0"):
        data.DataLoader([], shuffle=True)
    with pytest.raises(TypeError, match=r"^RandomSampler: replacement is 1"):
        data.RandomSampler([1], 1)
    with pytest.raises(ValueError, match=r"^random_split: the sum of lengths"):
        data.random_split(range(5), [2, 2])
    with pytest.raises(ValueError, match=r"^random_split: shares"):
        data.random_split(range(5), [-0.5, 1.5])
    with pytest.raises(ValueError, match=r"^TensorDataset: shapes"):
        data.TensorDataset(tf.ones(2), tf.ones(3))
    with pytest.raises(ValueError, match=r"^TensorDataset: expected at least one"):
        data.TensorDataset()
    with pytest.raises(TypeError, match=r"^TensorDataset: expected tensors, got list"):
        data.TensorDataset([1])
    with pytest.raises(ValueError, match=r"^ConcatDataset: datasets is empty"):
        data.ConcatDataset([])
    with pytest.raises(TypeError, match=r"^ConcatDataset: an IterableDataset"):
        data.ConcatDataset([Numbers()])
    with pytest.raises(TypeError, match=r"^default_collate: .*object"):
        data.default_collate([object()])
    with pytest.raises(TypeError, match=r"^default_collate: .*dtype"):
        data.default_collate([np.asarray(["a"])])
    with pytest.raises(ValueError, match=r"^default_collate: lists of the lengths"):
        data.default_collate([[1], [1, 2]])
