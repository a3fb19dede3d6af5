"""Invalid indices and assigned values that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.array.index_keys import MASK, X, with_tensors
from tests.support import check, dtype_of

pytestmark = pytest.mark.filterwarnings("error")

ERRORS = [
    (3, IndexError, r"index: 3 is out of range for axis 0 of shape \(3, 4, 5\)"),
    (-4, IndexError, r"index: -4 is out of range for axis 0 of shape \(3, 4, 5\)"),
    ((0, 0, 5), IndexError, r"index: 5 is out of range for axis 2 of shape \(3, 4, 5\)"),
    ((0, 0, 0, 0), IndexError, r"index: too many indices: 4 axes .* shape \(3, 4, 5\)"),
    ((slice(None),) * 3 + (..., 0), IndexError, r"index: too many indices: 4 axes"),
    ((..., ...), IndexError, "index can only have a single ellipsis"),
    (slice(None, None, 0), ValueError, "index: slice step must not be 0"),
    (slice("a", None), TypeError, "index: slice indices must be integers, got slice"),
    ("a", TypeError, "index: 'a' is not a valid index; expected an int, a slice"),
    (1.0, TypeError, r"index: 1\.0 is not a valid index"),
    (np.array([0.5]), TypeError, "index: a float64 tensor is not a valid index"),
    (np.array([3]), IndexError, "index.*3.*"),
    (np.array([-4]), IndexError, "index.*-4.*"),
    ((np.array([0]), np.array([9])), IndexError, "index.*9.*"),
    (np.ones(4, "bool"), IndexError, "index"),
    (np.ones((3, 3), "bool"), IndexError, "index"),
    (np.ones((0, 5), "bool"), IndexError, "index"),
    ((np.array([0, 1]), np.array([0, 1, 2])), ValueError, r"index.*\(2,\).*\(3,\)"),
    (np.ones((3, 4, 5, 1), "bool"), IndexError, "index: too many indices: 4 axes"),
]


@pytest.mark.parametrize(("key", "error", "message"), ERRORS)
def test_invalid_index_is_the_error_of_numpy(
    key: Any, error: type[Exception], message: str, backend: str
) -> None:
    x = t.asarray(X.copy())
    with pytest.raises(error, match=message) as read:
        x[with_tensors(key)]
    with pytest.raises(error, match=message) as written:
        x[with_tensors(key)] = 0
    assert isinstance(read.value, t.TorchError)
    assert isinstance(written.value, t.TorchError)
    check(x, X)


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        (slice(None), (4,), r"shape \(4,\) does not broadcast to \(3, 4, 5\)"),
        (0, (2, 4, 5), r"shape \(2, 4, 5\) does not broadcast to \(4, 5\)"),
        (slice(None, None, -1), (2, 4, 5), r"shape \(2, 4, 5\) does not broadcast to \(3, 4, 5\)"),
        (np.array([0, 1]), (3, 4, 5), r"3, 4, 5.*2, 4, 5"),
        (MASK, (7,), r"7.*20"),
    ],
)
def test_assigned_value_that_does_not_broadcast_is_a_value_error_that_shows_the_shapes(
    key: Any, shape: tuple[int, ...], message: str, backend: str
) -> None:
    x = t.asarray(X.copy())
    with pytest.raises(ValueError, match=message):
        x[with_tensors(key)] = t.zeros(shape, dtype=t.int64)
    check(x, X)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("int64", 1.5, "1.5 does not fit into a tensor of int64"),
        ("float32", 1j, "1j does not fit into a tensor of float32"),
        ("bool", 2, "2 does not fit into a tensor of bool"),
        ("float32", "float64", "float64 does not fit into a tensor of float32"),
        ("int8", "uint8", "uint8 does not fit into a tensor of int8"),
        ("int8", "float32", "dtypes int8 and float32 do not mix"),
    ],
)
def test_assigned_value_of_a_wider_dtype_is_a_type_error(
    name: str, value: Any, message: str, backend: str
) -> None:
    x = t.zeros(2, dtype=dtype_of(name))
    given_ = t.ones((), dtype=dtype_of(value)) if isinstance(value, str) else value
    with pytest.raises(TypeError, match=message):
        x[0] = given_
    with pytest.raises(TypeError, match="expected a Tensor, got list"):
        x[:] = [1, 2]  # type: ignore[assignment]
    assert x.tolist() == [0, 0]


def test_assigned_value_of_a_narrower_dtype_is_converted(backend: str) -> None:
    x = t.zeros(3, dtype=t.float64)
    x[0] = t.ones((), dtype=t.float32)
    x[1] = 2
    x[2] = True
    check(x, np.array([1.0, 2.0, 1.0]))


def test_scalar_tensor_has_no_axis_to_index(backend: str) -> None:
    x = t.asarray(3)
    check(x[()], np.array(3))
    check(x[...], np.array(3))
    check(x[None], np.array([3]))
    check(x[t.asarray(True)], np.array([3]))
    with pytest.raises(IndexError, match=r"1 axes are indexed, but shape \(\) has only 0"):
        x[0]
    x[()] = 4
    x[...] += 1
    assert x.item() == 5


@pytest.mark.parametrize("start", [np.array([1, 2]), "1", 0.5], ids=["array", "text", "float"])
def test_slice_with_parts_that_are_not_integers_is_refused(start: Any, backend: str) -> None:
    with pytest.raises(TypeError, match="slice indices must be integers"):
        t.ones((3, 4))[start:, 0]
