"""Counts and shapes whose sum or product exceeds int64: an error on both backends, never a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check, python

pytestmark = pytest.mark.filterwarnings("error")


def wide(n: int, dtype: Any = t.int8) -> t.Tensor:
    """A view of n elements that needs the memory of one."""
    return t.ones(1, dtype=dtype).expand((n,))


TOO_LARGE: dict[str, Callable[[], Any]] = {
    "repeat-sum": lambda: t.repeat(t.ones(4), t.asarray([2**62] * 4)),
    "repeat-sum-past-int64": lambda: t.repeat(t.ones(2), t.asarray([2**62, 2**62 + 5])),
    "repeat-uint64": lambda: t.repeat(t.ones(2), t.asarray([2**64 - 1, 1], dtype=t.uint64)),
    "repeat-one-for-all": lambda: t.repeat(t.ones((2, 4)), t.asarray([2**62]), axis=1),
    "repeat-0d": lambda: t.repeat(t.ones(4), t.asarray(2**62)),
    "repeat-int": lambda: t.repeat(t.ones(4), 2**62),
    "repeat-int-past-int64": lambda: t.repeat(t.ones(4), 2**63),
    "repeat-wide": lambda: t.repeat(wide(2**40), 2**40),
    "tile": lambda: t.tile(t.ones(4, dtype=t.int8), (2**62,)),
    "tile-more-axes": lambda: t.tile(t.ones(2), (2**62, 2**62)),
    "tile-fewer-counts": lambda: t.tile(t.ones((1, 1)).expand((2**30, 2**29)), (2**10,)),
    "tile-empty": lambda: t.tile(t.ones((0, 2)), (2**62, 2**62)),
    "concat-to-nothing": lambda: t.concat([wide(2**58)] * 64),  # 2**64 wraps to 0
    "concat-past-nothing": lambda: t.concat([wide(2**58)] * 65),
    "stack": lambda: t.stack([wide(2**58)] * 64),
    "meshgrid": lambda: t.meshgrid(wide(2**40), wide(2**40)),
    "expand": lambda: t.broadcast_to(t.ones(1), (2**40, 2**40)),
    "zeros": lambda: t.zeros((2**40, 2**40)),
    "full": lambda: t.full((2**64,), 1),
    "eye": lambda: t.eye(2**40),
    "arange": lambda: t.arange(2**62),
    "arange-past-int64": lambda: t.arange(2**63),
    "arange-both-sides": lambda: t.arange(-(2**63), 2**63 - 1),
    "arange-of-floats": lambda: t.arange(0.0, 1e30),
    "linspace": lambda: t.linspace(0, 1, 2**62),
    "linspace-past-int64": lambda: t.linspace(0, 1, 2**63),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_a_size_past_int64_is_a_value_error(case: str, backend: str) -> None:
    with pytest.raises(ValueError, match=r"shape \(.*\) is too large") as raised:
        TOO_LARGE[case]()
    assert isinstance(raised.value, t.TorchError)


@pytest.mark.parametrize("case", ["repeat-sum", "tile", "concat-to-nothing"])
def test_the_process_survives_counts_past_int64(case: str, backend: str) -> None:
    code = f"""
        import torchffi as t
        from tests.array.test_large_sizes import TOO_LARGE
        try:
            TOO_LARGE[{case!r}]()
        except ValueError:
            print("refused")
    """
    assert "refused" in python(code, TORCHFFI_BACKEND=backend)


def test_negative_counts_are_refused(backend: str) -> None:
    with pytest.raises(ValueError, match="repeat: -1 is negative; expected 0 or more"):
        t.repeat(t.ones(2), t.asarray([2, -1]))


def test_counts_of_every_integer_dtype_repeat(backend: str) -> None:
    values = np.array([5, 6, 7])
    for dtype in (t.int8, t.uint8, t.uint16, t.uint32, t.int64, t.uint64):
        counts = t.asarray([2, 0, 1], dtype=dtype)
        check(t.repeat(t.asarray(values.copy()), counts), np.repeat(values, [2, 0, 1]))


def test_diff_taken_more_often_than_there_are_elements_ends(backend: str) -> None:
    assert t.diff(t.ones(3), n=2**62).shape == (0,)
