"""Clipping gradients, as PyTorch does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as tf

pytestmark = pytest.mark.usefixtures("ffi_backend")
torch = pytest.importorskip("torch")

from tests.training.optimizers import Pair, to_array  # noqa: E402  (imports torch)

SHAPES = ((3, 4), (4,), (), (5, 1, 3))


def check_gradients(pair: Pair) -> None:
    for own, other in zip(pair.ours, pair.theirs, strict=True):
        if other.grad is None:
            assert own.grad is None
        else:
            np.testing.assert_array_equal(to_array(own.grad), to_array(other.grad))


@pytest.mark.parametrize("order", [2, 1, 3.5, 0, float("inf")])
@pytest.mark.parametrize("most", [0.1, 2, 1e6])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "complex64"])
def test_norm_is_clipped_as_by_pytorch(order: float, most: float, dtype: str) -> None:
    pair = Pair("SGD", {"lr": 0.1}, dtype, shapes=SHAPES)
    pair.set_gradients(missing=True)
    total = tf.nn.utils.clip_grad_norm_(pair.ours, most, order)
    expected = torch.nn.utils.clip_grad_norm_(pair.theirs, most, order)
    np.testing.assert_array_equal(to_array(total), to_array(expected))
    check_gradients(pair)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_values_are_clipped_as_by_pytorch(dtype: str) -> None:
    pair = Pair("SGD", {"lr": 0.1}, dtype, shapes=SHAPES)
    pair.set_gradients(missing=True)
    tf.nn.utils.clip_grad_value_(iter(pair.ours), 0.5)
    torch.nn.utils.clip_grad_value_(pair.theirs, 0.5)
    check_gradients(pair)


def test_norm_and_scaling_in_two_calls() -> None:
    pair = Pair("SGD", {"lr": 0.1}, shapes=SHAPES)
    pair.set_gradients()
    total = tf.nn.utils.get_total_norm([one.grad for one in pair.ours])
    expected = torch.nn.utils.get_total_norm([one.grad for one in pair.theirs])
    assert total.item() == expected.item()
    tf.nn.utils.clip_grads_with_norm_(pair.ours, 0.5, total)
    torch.nn.utils.clip_grads_with_norm_(pair.theirs, 0.5, expected)
    check_gradients(pair)


def test_parameters_of_two_dtypes() -> None:
    found: list[Any] = []
    for library in (tf, torch):
        x = library.asarray([3.0]).requires_grad_()
        y = library.asarray([4.0], dtype=library.float64).requires_grad_()
        x.grad, y.grad = x.detach().clone(), y.detach().clone()
        total = library.nn.utils.clip_grad_norm_([x, y], 1.0)
        found.append((total.item(), x.grad.item(), y.grad.item()))
    np.testing.assert_allclose(found[0], found[1], 1e-7)


def test_one_tensor_no_gradients_and_what_is_not_finite() -> None:
    x = tf.asarray([3.0, 4.0]).requires_grad_()
    assert tf.nn.utils.clip_grad_norm_(x, 1.0).item() == 0
    assert tf.nn.utils.clip_grad_norm_([], 1.0).item() == 0
    x.grad = tf.asarray([3.0, 4.0])
    assert tf.nn.utils.clip_grad_norm_(x, 1.0).item() == 5
    x.grad = tf.asarray([float("inf"), 1.0])
    with pytest.raises(ValueError, match=r"^clip_grad_norm_: the norm of order 2 is inf"):
        tf.nn.utils.clip_grad_norm_(x, 1.0, error_if_nonfinite=True)
    assert x.grad.tolist() == [float("inf"), 1.0]
    with pytest.raises(TypeError, match=r"^clip_grad_value_: expected tensors, got int"):
        tf.nn.utils.clip_grad_value_([3], 1.0)


def test_parameters_as_one_vector() -> None:
    found: list[Any] = []
    for library in (tf, torch):
        utils = library.nn.utils
        x = library.asarray([[1.0, 2.0], [3.0, 4.0]]).requires_grad_()
        y = library.asarray([5.0, 6.0])
        vector = utils.parameters_to_vector([x, y])
        (vector * vector).sum().backward()
        new = library.asarray([9.0, 8.0, 7.0, 6.0, 5.0, 4.0])
        utils.vector_to_parameters(new, [x, y])
        new[0] = 1.5
        found.append([vector.tolist(), x.grad.tolist(), x.tolist(), y.tolist(), x.requires_grad])
    assert found[0] == found[1]


def test_a_vector_of_another_length_changes_nothing() -> None:
    x = tf.ones((2, 2))
    for wrong, error in ((tf.zeros(5), ValueError), (tf.zeros((2, 2)), ValueError), (3, TypeError)):
        with pytest.raises(error, match=r"^vector_to_parameters: vec "):
            tf.nn.utils.vector_to_parameters(wrong, [x])
    assert x.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(TypeError, match=r"^parameters_to_vector: expected tensors, got int"):
        tf.nn.utils.parameters_to_vector([3])


def test_numpy_backend_has_no_gradients(numpy_backend: None) -> None:
    x = tf.ones(3)
    assert tf.nn.utils.clip_grad_norm_([x], 1.0).item() == 0
    tf.nn.utils.clip_grad_value_([x], 1.0)
