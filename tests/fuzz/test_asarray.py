"""asarray() of any nested sequence, array or buffer, on both backends, compared with NumPy."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import torchffi as t
from tests.support import BACKENDS, INTEGERS, NAMES, check, dtype_of, examples, handles

pytestmark = pytest.mark.filterwarnings("error")

LIMIT = settings(max_examples=examples(100), deadline=None)
WHOLE = (
    st.integers(-(2**53), 2**53)
    | st.integers(-3, 3)
    | st.sampled_from([2**63 - 1, -(2**63), 2**63, 2**64 - 1])
)
REAL = st.floats(width=32)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": WHOLE,
    "float": REAL | st.integers(-(2**24), 2**24) | st.booleans(),
    "complex": st.builds(complex, REAL, REAL) | st.integers(-9, 9),
}


def backends(test: Callable[..., None]) -> Callable[..., None]:
    """Runs a Hypothesis test on each backend; every example must free its handles."""

    @pytest.mark.parametrize("name", BACKENDS)
    @given(data=st.data())
    @LIMIT
    def run(name: str, data: st.DataObject, request: pytest.FixtureRequest) -> None:
        if name == "ffi":
            request.getfixturevalue("ffi_backend")
        before = handles()
        with t.use_backend(name):
            test(data)
        assert handles() == before

    return run


def nested(shape: tuple[int, ...], scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    if not shape:
        return scalars
    inner = nested(shape[1:], scalars)
    lists = st.lists(inner, min_size=shape[0], max_size=shape[0])
    return lists | lists.map(tuple)


def flat(values: Any) -> list[Any]:
    return (
        [x for one in values for x in flat(one)] if isinstance(values, (list, tuple)) else [values]
    )


def default_dtype(values: Any) -> str:
    """The documented dtype of Python values; "" for integers that no dtype has."""
    numbers = flat(values)
    for kind, name in ((complex, "complex64"), (float, "float32")):
        if any(isinstance(x, kind) for x in numbers) or not numbers:
            return "float32" if not numbers else name
    if all(isinstance(x, bool) for x in numbers):
        return "bool"
    if max(numbers) < 2**63:
        return "int64"
    return "uint64" if min(numbers) >= 0 else ""


SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@backends
def test_nested_sequences(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(SCALARS)))
    values = data.draw(nested(data.draw(SHAPES), SCALARS[kind]))
    name = default_dtype(values)
    if not name:
        with pytest.raises(ValueError, match="fit into no integer"):
            t.asarray(values)
        return
    with np.errstate(over="ignore"):
        check(t.asarray(values), np.array(values, name))


@backends
def test_nested_sequences_in_an_integer_dtype(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(INTEGERS))
    shape = data.draw(SHAPES)
    values = data.draw(nested(shape, WHOLE))
    limits = np.iinfo(name)
    if all(limits.min <= x <= limits.max for x in flat(values)):
        check(
            t.asarray(values, dtype=dtype_of(name)),
            np.array(values, name).reshape(np.shape(values)),
        )
    else:
        with pytest.raises(ValueError, match=f"does not fit into {name}"):
            t.asarray(values, dtype=dtype_of(name))


@backends
def test_ragged_sequences(data: st.DataObject) -> None:
    rows = data.draw(
        st.lists(st.integers(0, 3), min_size=2, max_size=4).filter(lambda x: len(set(x)) > 1)
    )
    values = [[1.5] * n for n in rows]
    with pytest.raises(ValueError, match="asarray: "):
        t.asarray(values)


def _strided(data: st.DataObject, dtype: Any) -> Any:
    """An array of any strides, also negative and 0, byte order and writability."""
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=5))
    values = np.arange(np.prod(shape)).reshape(shape) % 2
    made = values.astype(dtype)
    key = tuple(
        slice(None, None, data.draw(st.sampled_from([1, 1, 2, -1, -2]))) for _ in range(len(shape))
    )
    made = made[key].transpose(data.draw(st.permutations(range(len(shape)))))
    if data.draw(st.booleans()):
        made = made.astype(made.dtype.newbyteorder())
    if data.draw(st.integers(0, 3)) == 0:
        made = np.broadcast_to(made, (2, *made.shape))
    return made


@backends
def test_arrays(data: st.DataObject) -> None:
    given = _strided(data, data.draw(st.sampled_from(NAMES)))
    expected = np.array(given, given.dtype.newbyteorder("="))
    check(t.asarray(given), expected)
    copied = t.asarray(given, copy=True)
    try:
        shared = t.asarray(given, copy=False)
    except (ValueError, TypeError):
        shared = None
    plain = given.flags.writeable and given.dtype.isnative
    assert (shared is not None) == (plain and (copied.backend == "numpy" or forward(given)))
    if shared is not None and given.size:
        given[...] = 1 - expected if expected.dtype != bool else ~expected
        check(shared, np.array(given))
    check(copied, expected)


def forward(given: Any) -> bool:
    """Whether no axis of 2 elements or more has a negative stride, which LibTorch does not have."""
    return all(n < 2 or stride >= 0 for n, stride in zip(given.shape, given.strides, strict=True))


@backends
def test_buffers(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from("bBhHiIqQfd"))
    numbers = data.draw(st.lists(st.integers(0, 100), max_size=9))
    memory: Any = array.array(code, numbers)
    kind = data.draw(st.sampled_from(["array", "memoryview", "bytes", "bytearray"]))
    if kind == "memoryview":
        memory = memoryview(memory)
    elif kind != "array":
        memory = (bytes if kind == "bytes" else bytearray)(numbers)
    expected = np.array(memoryview(memory))
    x = t.asarray(memory)
    check(x, expected)
    if numbers and kind != "bytes":
        memory[0] = 101
        assert x[0].item() == 101
    del x
