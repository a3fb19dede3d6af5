"""Indexing, read and written, on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchffi as t
from tests.array.index_keys import MASK, X, with_tensors
from tests.support import NAMES, check, examples, sample

pytestmark = pytest.mark.filterwarnings("error")

PICK, COLUMN = np.array([0, 2, -1]), np.array([[1], [-2]])
KEYS: dict[str, Any] = {
    "int": 1,
    "negative-int": -1,
    "numpy-int": np.int32(1),
    "ints": (1, 2, 3),
    "ellipsis": ...,
    "nothing": (),
    "slice": slice(1, 3),
    "slice-all": slice(None),
    "slice-step": (slice(None), slice(None, None, 2)),
    "slice-reversed": slice(None, None, -1),
    "slice-reversed-step": (..., slice(4, 0, -2)),
    "slice-two-reversed": (slice(None, None, -1), slice(None), slice(None, None, -3)),
    "slice-beyond": slice(-100, 100),
    "slice-empty": slice(2, 1),
    "slice-empty-reversed": slice(1, 2, -1),
    "slice-huge-step": slice(None, None, 10**12),
    "slice-huge": slice(-(10**30), 10**30),
    "none": None,
    "nones": (None, 1, None, ..., None),
    "int-ellipsis": (..., 0),
    "mixed": (1, slice(None), -1),
    "ellipsis-of-none": (0, 1, 2, ...),
    "list": [0, 2],
    "list-empty": [],
    "list-negative": [-1, -3, 0],
    "tensor": PICK,
    "tensor-2d": COLUMN,
    "tensor-0d": np.array(1),
    "tensor-empty": np.zeros((0, 2), "int64"),
    "tensor-int8": PICK.astype("int8"),
    "tensor-uint8": np.array([0, 2], "uint8"),
    "tensor-uint64": np.array([0, 2], "uint64"),
    "two-tensors": (PICK, np.array([0, 1, 3])),
    "two-tensors-broadcast": (PICK, COLUMN),
    "two-tensors-apart": (PICK, slice(None), PICK),
    "tensor-after-slice": (slice(None), PICK),
    "tensor-last": (..., PICK),
    "tensor-and-int": (PICK, 1),
    "int-and-tensor": (1, PICK),
    "int-slice-tensor": (1, slice(None), PICK),
    "tensor-and-none": (PICK, None),
    "none-and-tensor": (None, PICK),
    "tensor-none-tensor": (PICK, None, PICK),
    "tensor-and-reversed": (PICK, slice(None, None, -1)),
    "mask": MASK,
    "mask-first": np.array([True, False, True]),
    "mask-two-axes": MASK[..., 0],
    "mask-last": (..., np.array([True, False, True, True, False])),
    "mask-and-slice": (MASK[..., 0], slice(1, 4)),
    "ellipsis-mask": (..., MASK[0]),
    "none-mask-ellipsis": (None, MASK[..., 0], ...),
    "slices-and-tensor": (slice(1, None), slice(None), PICK),
    "int-last": (slice(1, None), 2),
    "ellipsis-int-int": (..., 1, 2),
    "mask-and-int": (np.array([True, False, True]), 1),
    "mask-and-tensor": (np.array([True, True, False]), np.array([0, 3])),
    "mask-none-true": np.zeros(3, "bool"),
    "mask-empty": np.zeros((0, 4), "bool"),
    "mask-empty-inner": (np.zeros((3, 0), "bool"), 1),
    "mask-empty-first": np.zeros(0, "bool"),
    "mask-list": [True, False, True],
    "true": True,
    "false": False,
    "true-and-tensor": (True, PICK),
    "true-0d": np.array(True),
    "bools-0d": (np.array(True), np.array(True)),
    "true-and-slice": (slice(1), True),
}


@pytest.mark.parametrize("case", KEYS)
def test_index_gives_what_numpy_gives(case: str, backend: str) -> None:
    key = KEYS[case]
    result = t.asarray(X.copy())[with_tensors(key)]
    check(result, X[key])
    assert result.backend == backend


@pytest.mark.parametrize("case", KEYS)
def test_assignment_of_a_scalar_writes_what_numpy_writes(case: str, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    expected[KEYS[case]] = -1
    x[with_tensors(KEYS[case])] = -1
    check(x, expected)


@pytest.mark.parametrize("case", KEYS)
def test_assignment_of_a_tensor_writes_what_numpy_writes(case: str, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    key = KEYS[case]
    values = -1 - np.arange(X[key].size, dtype="int64").reshape(X[key].shape)
    # The same element twice: the result is unspecified.
    expected[key] = values
    x[with_tensors(key)] = t.asarray(values)
    check(x, expected)


@pytest.mark.parametrize(
    "case", ["slice-step", "slice-reversed", "tensor-after-slice", "mask-first"]
)
def test_assigned_values_broadcast(case: str, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    expected[KEYS[case]] = np.arange(5)
    x[with_tensors(KEYS[case])] = t.arange(5)
    check(x, expected)


@pytest.mark.parametrize("name", NAMES)
def test_index_works_for_every_dtype(name: str, backend: str) -> None:
    values = sample(name, 12).reshape(3, 4)
    x = t.asarray(values.copy())
    for key in (1, slice(None, None, -2), np.array([2, 0]), values.real > 1, (..., None, 0)):
        check(x[with_tensors(key)], values[key])
    x[1] = x[0]
    x[with_tensors(np.array([2]))] = x[0]
    check(x, np.stack([values[0]] * 3))


@pytest.mark.parametrize(
    "case", ["int", "slice", "slice-step", "nones", "mixed", "ellipsis", "nothing", "slice-all"]
)
def test_integers_slices_and_none_give_views(case: str, backend: str) -> None:
    x = t.asarray(X.copy())
    view = x[with_tensors(KEYS[case])]
    assert view is not x
    view += 100
    expected = X.copy()
    expected[KEYS[case]] += 100
    check(x, expected)


@pytest.mark.parametrize("case", ["tensor", "mask", "list", "slice-reversed", "true"])
def test_tensors_and_negative_steps_give_copies(case: str, backend: str) -> None:
    x = t.asarray(X.copy())
    copy = x[with_tensors(KEYS[case])]
    copy += 100
    check(x, X)


@pytest.mark.parametrize("key", [slice(1, None), slice(None, -1), slice(None, None, -1)])
def test_assignment_from_an_overlapping_view_reads_before_it_writes(
    key: slice, backend: str
) -> None:
    expected, x = np.arange(10.0), t.arange(10.0, dtype=t.float64)
    other = slice(None, -1) if key == slice(1, None) else slice(1, None)
    if key.step:
        other = slice(None)
    expected[key] = expected[other].copy()
    x[key] = x[other]
    check(x, expected)


def test_augmented_assignment_goes_through_an_index(backend: str) -> None:
    x = t.asarray(X.copy())
    x[1:, ::2] += 5
    x[t.asarray([0])] *= 2
    expected = X.copy()
    expected[1:, ::2] += 5
    expected[[0]] *= 2
    check(x, expected)


@st.composite
def _keys(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    """A shape, and a key for it with ints, slices, None, an ellipsis and arrays in any order."""
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
    width = draw(st.integers(1, 3))
    first = draw(st.integers(0, len(shape)))
    parts = _keys_of(draw, list(shape[:first]), width)
    if draw(st.booleans()):
        parts.append(...)
        # One of no axes separates the arrays on both sides in NumPy only.
        last = draw(st.integers(first + 1, len(shape))) if first < len(shape) else first
        parts += _keys_of(draw, list(shape[last:]), width)
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return shape, tuple(parts)


def _keys_of(draw: st.DrawFn, axes: list[int], width: int) -> list[Any]:
    """Keys for some axes."""
    parts: list[Any] = []
    while axes:
        n = axes.pop(0)
        kinds = ["slice"] + (["int", "array"] if n else []) + ["mask"]
        kind = draw(st.sampled_from(kinds))
        if kind == "int":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            bound = st.none() | st.integers(-6, 6)
            step = draw(st.sampled_from([None, 1, 2, 3, -1, -2]))
            parts.append(slice(draw(bound), draw(bound), step))
        elif kind == "array":
            indices = st.lists(st.integers(-n, n - 1), min_size=width, max_size=width)
            array = np.array(draw(indices))
            parts.append(array if draw(st.booleans()) else array[:, None])
        else:
            taken = [n] + [axes.pop(0) for _ in range(draw(st.integers(0, min(1, len(axes)))))]
            size = int(np.prod(taken))
            mask = np.zeros(size, bool)
            mask[:width] = True  # as many as the arrays have, so that they broadcast
            parts.append(mask.reshape(taken))
    return parts


def _shapes_broadcast(x: npt.NDArray[Any], key: Any) -> bool:
    try:
        return x[key] is not None
    except IndexError:
        return False


@pytest.mark.parametrize("name", ["ffi", "numpy"])
@given(drawn=_keys())
@settings(max_examples=examples(300), deadline=None)
def test_any_key_reads_and_writes_as_in_numpy(name: str, drawn: Any, request: Any) -> None:
    if name == "ffi":
        request.getfixturevalue("ffi_backend")
    shape, key = drawn
    expected = np.arange(np.prod(shape, dtype=int), dtype="int32").reshape(shape)
    with t.use_backend(name):
        x = t.asarray(expected.copy())
        if not _shapes_broadcast(expected, key):
            with pytest.raises(IndexError):
                x[with_tensors(key)]
            return
        check(x[with_tensors(key)], expected[key])
        expected[key] = -1
        x[with_tensors(key)] = -1
        check(x, expected)


def test_key_of_the_other_backend_is_read(ffi_backend: None) -> None:
    with t.use_backend("numpy"):
        key, values = t.asarray([2, 0]), t.asarray(X.copy())
    x = t.asarray(X.copy())
    check(x[key], X[[2, 0]])
    assert values[t.asarray([1])].backend == "ffi"
    values[t.asarray([1])] = 0
    assert values.backend == "numpy"
    assert values[1].tolist() == np.zeros((4, 5)).tolist()
