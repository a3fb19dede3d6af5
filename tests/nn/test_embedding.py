"""embedding() and embedding_bag(): renormalized rows, padding, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t

TABLE = np.random.default_rng(4).normal(size=(6, 3))
INDICES = np.array([[1, 0, 5], [5, 4, 1]])


@pytest.mark.parametrize("norm_type", [2.0, 1.0])
@pytest.mark.parametrize("name", ["embedding", "embedding_bag"])
def test_rows_above_the_norm_are_scaled_in_place(
    name: str, norm_type: float, backend: str, torch: Any
) -> None:
    ours, theirs = t.from_numpy(TABLE.copy()), torch.from_numpy(TABLE.copy())
    more = {"max_norm": 0.7, "norm_type": norm_type}
    expected = getattr(torch.nn.functional, name)(torch.from_numpy(INDICES), theirs, **more)
    found = getattr(t.nn.functional, name)(t.from_numpy(INDICES), ours, **more)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
    assert (ours.numpy()[2:4] == TABLE[2:4]).all()


def test_a_leaf_may_be_renormalized(ffi_backend: None) -> None:
    table = t.from_numpy(TABLE.copy()).requires_grad_()
    found = t.nn.functional.embedding(t.from_numpy(INDICES), table, 0, max_norm=0.5)
    found.sum().backward()
    assert table.grad is not None
    np.testing.assert_array_equal(table.grad.numpy()[:, 0], [0, 2, 0, 0, 1, 2])


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64"])
def test_indices_of_every_integer_dtype(dtype: str, backend: str) -> None:
    indices, table = t.from_numpy(INDICES.astype(dtype)), t.from_numpy(TABLE)
    np.testing.assert_array_equal(t.nn.functional.embedding(indices, table).numpy(), TABLE[INDICES])
    found = t.nn.functional.embedding_bag(indices, table, mode="sum").numpy()
    np.testing.assert_allclose(found, TABLE[INDICES].sum(1), rtol=1e-12)
