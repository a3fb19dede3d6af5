"""Gradients through the rows of a tensor: iteration, and keys with tensors between slices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t


def test_a_row_of_an_iteration_is_written_in_place(torch: Any) -> None:
    x = t.asarray([[1.0, 2.0], [3.0, 4.0]]).requires_grad_()
    y = x * 1.0
    for row in y:
        row *= 2
    (y * y).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[8, 16], [24, 32]])


def test_keys_with_tensors_between_slices_have_the_gradients_of_pytorch(torch: Any) -> None:
    values = np.arange(24, dtype="float32").reshape(2, 3, 4)
    index = np.array([2, 0, 0])
    gradients = []
    for lib in (t, torch):
        x = lib.asarray(values.copy()).requires_grad_()
        i = lib.asarray(index)
        (x[:, i, 1:3] ** 2).sum().backward()
        (x[..., i] * 3).sum().backward()
        y = x * 1.0
        y[1:, i] = 5.0
        y[0, 1, 2] = x[0, 0, 0] * 7
        y[..., 3] = x[..., 0]
        (y**2).sum().backward()
        gradients.append(x.grad.numpy())
    np.testing.assert_allclose(*gradients)


_SWAP, _COLUMN = np.array([1, 0]), np.array([[2], [0]])
_MASK, _LARGE = np.array([True, False, True]), np.arange(6).reshape(2, 3) > 2


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), _SWAP, 1),
        (0, slice(None), _COLUMN),
        (None, _SWAP, ..., 2),
        (..., _COLUMN),
        (slice(0, 1), _MASK),
        (_LARGE, 0),
        (_SWAP, slice(None), slice(1, 3)),
        (0, 1, _SWAP),
    ],
    ids=repr,
)
def test_keys_with_tensors_have_the_gradients_of_what_numpy_selects(
    key: tuple[Any, ...], ffi_backend: None
) -> None:
    values = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
    keys = tuple(t.asarray(one) if isinstance(one, np.ndarray) else one for one in key)
    selected = values[key]
    weights = np.arange(1.0, 1.0 + selected.size).reshape(selected.shape)
    x = t.asarray(values.copy()).requires_grad_()
    (x[keys] * t.asarray(weights)).sum().backward()
    expected = np.zeros_like(values)
    np.add.at(expected, key, weights)
    assert x.grad is not None and x.grad.tolist() == expected.tolist()

    x.grad, v = None, t.asarray(weights).requires_grad_()
    y = x * 1.0
    y[keys] = v * 3.0
    (y * y).sum().backward()
    written = values.copy()
    written[key] = 3.0 * weights
    expected = 2 * written
    expected[key] = 0.0
    assert x.grad is not None and x.grad.tolist() == expected.tolist()
    assert v.grad is not None and v.grad.tolist() == (18.0 * weights).tolist()


@pytest.mark.parametrize("start", [0, 1])
def test_augmented_assignment_of_a_part_is_recorded(start: int, torch: Any) -> None:
    found = []
    for library in (t, torch):
        w = library.asarray(np.arange(4, dtype=np.float32)).requires_grad_()
        x = w * 2
        x[start:] *= 3.0
        x[start:] -= w[start:]
        x[start] = x[start]
        (x * x).sum().backward()
        found.append((w.grad.tolist(), x.tolist()))
    assert found[0] == found[1]
