"""Every function of the Array API standard, compared with array-api-strict, a second implementation.

For arrays that Hypothesis draws, in every dtype: whatever array-api-strict computes, torchffi computes
on both backends, in the same dtype and shape. torchffi may accept what array-api-strict rejects.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.array_api import make_strategies_namespace

import torchffi as t
from tests.array_api_calls import values_of
from tests.array_api_table import ON_DTYPES, ONE, STANDARD, TWO, Call
from tests.support import check, dtype_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # array-api-strict calls the newest version a draft
    import array_api_strict as strict

    strict.set_array_api_strict_flags(api_version="2025.12")
    xps = make_strategies_namespace(strict, api_version="2024.12")

# Results of long sums and products, and of transcendental functions, which differ by rounding.
RTOL, ATOL = 2e-4, 1e-4


def _public(module: Any, prefix: str = "") -> set[str]:
    return {
        prefix + name
        for name in module.__all__
        if callable(getattr(module, name)) and not isinstance(getattr(module, name), type)
        and "strict_flags" not in name
    }  # fmt: skip


def test_tables_have_every_function() -> None:
    names = _public(strict) | _public(strict.linalg, "linalg.") | _public(strict.fft, "fft.")
    assert set(ONE) | set(TWO) | ON_DTYPES == names


def _same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _same(one, other)
    elif hasattr(theirs, "__dlpack__"):
        expected = np.from_dlpack(theirs)
        exact = expected.dtype.kind in "biu"
        check(
            ours, expected, rtol=0 if exact else RTOL, atol=0 if exact else ATOL, signed_zero=False
        )
    else:
        assert str(ours) == str(theirs).removeprefix("array_api_strict.")


def _compare(call: Call, numbers: tuple[npt.NDArray[Any], ...], backend: str) -> None:
    for name in STANDARD:
        arrays = [values_of(name, one) for one in numbers]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = call(strict, *map(strict.asarray, arrays))
            except TypeError:
                continue
        with t.use_backend(backend):
            _same(call(t, *map(t.asarray, arrays)), theirs)
        _supported.add((call, name))


_supported: set[tuple[Call, str]] = set()


def _drawn(data: st.DataObject, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    elements = {"min_value": -9, "max_value": 9}
    return np.from_dlpack(data.draw(xps.arrays(strict.int8, shape, elements=elements)))


SHAPES = {
    "any": xps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    "axis": xps.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4),
    "some": xps.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4),
    "vector": xps.array_shapes(min_dims=1, max_dims=1, min_side=0, max_side=6),
    "matrix": xps.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=4),
    "square": xps.array_shapes(min_dims=1, max_dims=2, min_side=1, max_side=4).map(
        lambda shape: (*shape, shape[-1])
    ),
    "3": xps.array_shapes(min_dims=0, max_dims=2, min_side=1).map(lambda shape: (*shape, 3)),
}


_settings = settings(max_examples=8, derandomize=True, deadline=None, database=None)


@pytest.mark.parametrize("backend", ["ffi", "numpy"])
@pytest.mark.parametrize("name", ONE)
def test_function_of_one_array_gives_the_same(name: str, backend: str) -> None:
    kind, call = ONE[name]

    @_settings
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        _compare(call, (_drawn(data, data.draw(SHAPES[kind])),), backend)

    compare()
    assert any(one is call for one, _ in _supported)


@pytest.mark.parametrize("backend", ["ffi", "numpy"])
@pytest.mark.parametrize("name", TWO)
def test_function_of_two_arrays_gives_the_same(name: str, backend: str) -> None:
    call = TWO[name]

    @_settings
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        shapes = xps.mutually_broadcastable_shapes(2, min_dims=0, max_dims=3, max_side=3)
        drawn = data.draw(shapes).input_shapes
        _compare(call, tuple(_drawn(data, shape) for shape in drawn), backend)

    compare()
    assert any(one is call for one, _ in _supported)


@pytest.mark.parametrize("a", STANDARD)
def test_promotion_gives_the_same(a: str) -> None:
    for b in STANDARD:
        pair, theirs = (dtype_of(a), dtype_of(b)), (getattr(strict, a), getattr(strict, b))
        try:
            expected = strict.result_type(*theirs)
        except TypeError:
            with pytest.raises(TypeError, match="result_type"):
                t.result_type(*pair)
        else:
            _same(t.result_type(*pair), expected)
        assert t.can_cast(*pair) == strict.can_cast(*theirs)


@pytest.mark.parametrize("name", STANDARD)
def test_limits_and_kinds_are_the_same(name: str) -> None:
    dtype, theirs = dtype_of(name), getattr(strict, name)
    for kind in (
        "bool",
        "integral",
        "numeric",
        "real floating",
        "complex floating",
        "signed integer",
    ):
        assert t.isdtype(dtype, kind) == strict.isdtype(theirs, kind)
    function, fields = (
        ("finfo", ("bits", "eps", "max", "min", "smallest_normal"))
        if t.isdtype(dtype, ("real floating", "complex floating"))
        else ("iinfo", ("bits", "max", "min"))
    )
    if name != "bool":
        ours, expected = getattr(t, function)(dtype), getattr(strict, function)(theirs)
        assert [getattr(ours, f) for f in fields] == [getattr(expected, f) for f in fields]
