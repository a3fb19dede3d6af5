"""Indexing, read and written, on both backends, beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchffi as t
from tests.support import NAMES, check, dtype_of, sample

pytestmark = pytest.mark.filterwarnings("error")

X = np.arange(60, dtype="int64").reshape(3, 4, 5)
MASK = X % 3 == 0
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


def _key(key: Any) -> Any:
    """The key with tensors for NumPy's arrays."""
    if isinstance(key, tuple):
        return tuple(_key(one) for one in key)
    return t.asarray(key.copy()) if isinstance(key, np.ndarray) else key


@pytest.mark.parametrize("case", KEYS)
def test_index_gives_what_numpy_gives(case: str, backend: str) -> None:
    key = KEYS[case]
    result = t.asarray(X.copy())[_key(key)]
    check(result, X[key])
    assert result.backend == backend


@pytest.mark.parametrize("case", KEYS)
def test_assignment_of_a_scalar_writes_what_numpy_writes(case: str, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    expected[KEYS[case]] = -1
    x[_key(KEYS[case])] = -1
    check(x, expected)


@pytest.mark.parametrize("case", KEYS)
def test_assignment_of_a_tensor_writes_what_numpy_writes(case: str, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    key = KEYS[case]
    values = -1 - np.arange(X[key].size, dtype="int64").reshape(X[key].shape)
    # Twice the same element: which value stays is open.
    expected[key] = values
    x[_key(key)] = t.asarray(values)
    check(x, expected)


@pytest.mark.parametrize(
    "case", ["slice-step", "slice-reversed", "tensor-after-slice", "mask-first"]
)
def test_assigned_values_broadcast(case: str, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    expected[KEYS[case]] = np.arange(5)
    x[_key(KEYS[case])] = t.arange(5)
    check(x, expected)


@pytest.mark.parametrize("name", NAMES)
def test_index_works_for_every_dtype(name: str, backend: str) -> None:
    values = sample(name, 12).reshape(3, 4)
    x = t.asarray(values.copy())
    for key in (1, slice(None, None, -2), np.array([2, 0]), values.real > 1, (..., None, 0)):
        check(x[_key(key)], values[key])
    x[1] = x[0]
    x[_key(np.array([2]))] = x[0]
    check(x, np.stack([values[0]] * 3))


@pytest.mark.parametrize(
    "case", ["int", "slice", "slice-step", "nones", "mixed", "ellipsis", "nothing", "slice-all"]
)
def test_integers_slices_and_none_give_views(case: str, backend: str) -> None:
    x = t.asarray(X.copy())
    view = x[_key(KEYS[case])]
    assert view is not x
    view += 100
    expected = X.copy()
    expected[KEYS[case]] += 100
    check(x, expected)


@pytest.mark.parametrize("case", ["tensor", "mask", "list", "slice-reversed", "true"])
def test_tensors_and_negative_steps_give_copies(case: str, backend: str) -> None:
    x = t.asarray(X.copy())
    copy = x[_key(KEYS[case])]
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
    parts: list[Any] = []
    width = draw(st.integers(1, 3))
    axes = list(shape[: draw(st.integers(0, len(shape)))])
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
            mask[:width] = True  # as many as the arrays have, or they do not broadcast
            parts.append(mask.reshape(taken))
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        parts.append(...)
    return shape, tuple(parts)


def _shapes_broadcast(x: npt.NDArray[Any], key: Any) -> bool:
    try:
        return x[key] is not None
    except IndexError:
        return False


@pytest.mark.parametrize("name", ["ffi", "numpy"])
@given(drawn=_keys())
@settings(max_examples=300, deadline=None)
def test_any_key_reads_and_writes_as_in_numpy(name: str, drawn: Any, request: Any) -> None:
    if name == "ffi":
        request.getfixturevalue("ffi_backend")
    shape, key = drawn
    expected = np.arange(np.prod(shape, dtype=int), dtype="int32").reshape(shape)
    with t.use_backend(name):
        x = t.asarray(expected.copy())
        if not _shapes_broadcast(expected, key):
            with pytest.raises(IndexError):
                x[_key(key)]
            return
        check(x[_key(key)], expected[key])
        expected[key] = -1
        x[_key(key)] = -1
        check(x, expected)


ERRORS = [
    (3, IndexError, r"index: 3 is out of range for axis 0 of shape \(3, 4, 5\)"),
    (-4, IndexError, r"index: -4 is out of range for axis 0 of shape \(3, 4, 5\)"),
    ((0, 0, 5), IndexError, r"index: 5 is out of range for axis 2 of shape \(3, 4, 5\)"),
    ((0, 0, 0, 0), IndexError, r"index: 4 axes are indexed, but shape \(3, 4, 5\) has only 3"),
    ((..., ...), IndexError, "index: only one ellipsis"),
    (slice(None, None, 0), ValueError, "index: the step of a slice is 0"),
    (slice("a", None), TypeError, "index: slice.* has parts that are no integers"),
    ("a", TypeError, "index: 'a' is no index; expected an integer, a slice"),
    (1.0, TypeError, r"index: 1\.0 is no index"),
    (np.array([0.5]), TypeError, "index: a tensor of float64 is no index"),
    (np.array([3]), IndexError, "index.*3.*"),
    (np.array([-4]), IndexError, "index.*-4.*"),
    ((np.array([0]), np.array([9])), IndexError, "index.*9.*"),
    (np.ones(4, "bool"), IndexError, "index"),
    (np.ones((3, 3), "bool"), IndexError, "index"),
    (np.ones((0, 5), "bool"), IndexError, "index"),
    ((np.array([0, 1]), np.array([0, 1, 2])), ValueError, r"index.*\(2,\).*\(3,\)"),
    (np.ones((3, 4, 5, 1), "bool"), IndexError, "index: 4 axes are indexed"),
]


@pytest.mark.parametrize(("key", "error", "message"), ERRORS)
def test_bad_index_is_the_error_of_numpy(
    key: Any, error: type[Exception], message: str, backend: str
) -> None:
    x = t.asarray(X.copy())
    with pytest.raises(error, match=message) as read:
        x[_key(key)]
    with pytest.raises(error, match=message) as written:
        x[_key(key)] = 0
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
        x[_key(key)] = t.zeros(shape, dtype=t.int64)
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


def test_key_of_the_other_backend_is_read(ffi_backend: None) -> None:
    with t.use_backend("numpy"):
        key, values = t.asarray([2, 0]), t.asarray(X.copy())
    x = t.asarray(X.copy())
    check(x[key], X[[2, 0]])
    assert values[t.asarray([1])].backend == "ffi"
    values[t.asarray([1])] = 0
    assert values.backend == "numpy"
    assert values[1].tolist() == np.zeros((4, 5)).tolist()


INDICES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("kind", INDICES)
def test_take_picks_as_numpy(kind: str, axis: int, backend: str) -> None:
    picked = np.array([2, 0, 1, 2]).astype(kind)
    check(t.take(t.asarray(X.copy()), t.asarray(picked), axis=axis), np.take(X, picked, axis))
    check(t.take(t.asarray(X[0, 0].copy()), t.asarray(picked)), X[0, 0][picked])


@pytest.mark.parametrize("name", NAMES)
def test_take_and_take_along_axis_take_every_dtype(name: str, backend: str) -> None:
    values = sample(name, 6).reshape(2, 3)
    picked = np.array([[0, -1], [1, 1]])
    x, indices = t.asarray(values), t.asarray(picked)
    check(t.take(x, indices[0], axis=1), np.take(values, picked[0], 1))
    check(t.take_along_axis(x, indices), np.take_along_axis(values, picked, -1))


@pytest.mark.parametrize(
    ("shape", "indices", "axis"),
    [
        ((3, 4), (3, 2), 1),
        ((3, 4), (5, 4), 0),
        ((3, 4), (1, 2), -1),
        ((1, 4), (3, 2), 1),
        ((2, 3, 4), (2, 1, 4), 1),
        ((3, 4), (3, 0), 1),
        ((0, 4), (0, 2), 1),
    ],
)
@pytest.mark.parametrize("kind", INDICES)
def test_take_along_axis_picks_as_numpy(
    kind: str, shape: tuple[int, ...], indices: tuple[int, ...], axis: int, backend: str
) -> None:
    values = np.arange(np.prod(shape)).reshape(shape)
    low = 0 if kind.startswith("u") else -shape[axis]
    picked = np.resize(np.arange(low, shape[axis]), indices).astype(kind)
    wide = np.broadcast_shapes(np.delete(shape, axis), np.delete(indices, axis))
    full = np.insert(wide, axis % len(shape), indices[axis])
    expected = np.take_along_axis(
        np.broadcast_to(values, np.insert(wide, axis % len(shape), shape[axis])),
        np.broadcast_to(picked, full).astype("int64"),
        axis,
    )
    check(t.take_along_axis(t.asarray(values), t.asarray(picked), axis=axis), expected)


BAD_PICKS: list[tuple[Any, type[Exception], str]] = [
    (lambda x, i: t.take(x, i), ValueError, r"take: shape \(3, 4, 5\) has not one axis"),
    (lambda x, i: t.take(x, i, axis=3), IndexError, "take: axis 3"),
    (lambda x, i: t.take(x, i + 3, axis=0), IndexError, "take: .*out of bounds"),
    (lambda x, i: t.take(x, i - 9, axis=0), IndexError, "take: .*out of bounds"),
    (lambda x, i: t.take(x, i[None], axis=0), ValueError, r"take: indices have shape \(1, 2\)"),
    (lambda x, i: t.take(x, i / 2, axis=0), TypeError, "take: dtype float32 is not admitted"),
    (lambda x, i: t.take(x, [0], axis=0), TypeError, "take: expected a Tensor, got list"),
    (lambda x, i: t.take_along_axis(x, i), ValueError, "take_along_axis: indices have shape"),
    (lambda x, i: t.take_along_axis(x, i[:, None, None]), ValueError, "do not broadcast"),
    (lambda x, i: t.take_along_axis(x, i[None, None] + 5), IndexError, "take_along_axis: .*bounds"),
    (lambda x, i: t.take_along_axis(x, i[None, None] - 9), IndexError, "take_along_axis: .*bounds"),
    (lambda x, i: t.take_along_axis(x, i[None, None], axis=3), IndexError, "axis 3"),
]


@pytest.mark.parametrize("case", range(len(BAD_PICKS)))
def test_what_cannot_be_taken_is_an_error_that_says_why(case: int, backend: str) -> None:
    call, error, text = BAD_PICKS[case]
    with pytest.raises(error, match=text):
        call(t.asarray(X.copy()), t.asarray([0, 1]))


@pytest.mark.parametrize("start", [np.array([1, 2]), "1", 0.5], ids=["array", "text", "float"])
def test_slice_of_no_integers_is_refused(start: Any, backend: str) -> None:
    with pytest.raises(TypeError, match="parts that are no integers"):
        t.ones((3, 4))[start:, 0]
