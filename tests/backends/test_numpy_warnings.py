"""Arithmetic on the NumPy backend gives no floating-point warnings."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import inf
from torchffi._numpy import quiet
from torchffi.dtypes import ALL, INTEGER, REAL, DType

pytestmark = pytest.mark.filterwarnings("error")


def test_arithmetic_ignores_the_errstate_of_the_caller(
    numpy_backend: None,
) -> None:
    huge = t.asarray([3e38])
    with np.errstate(all="raise"):
        state = np.geterr()
        assert (huge + huge).tolist() == (huge * huge).tolist() == [inf]
        assert t.log(huge - huge).tolist() == [-inf]
        assert np.geterr() == state
        with pytest.raises(FloatingPointError):
            huge.numpy() * huge.numpy()


@pytest.mark.parametrize("make", [quiet._in_context, quiet._in_errstate])
def test_quiet_calls_nest_and_end_with_an_exception(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "new_runner", make)
    monkeypatch.setattr(quiet, "_free_runners", [])
    run = quiet.quietly

    def fail() -> None:
        assert run(np.log, np.zeros(1)).tolist() == [-inf]
        raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            run(fail)
        assert run(run, np.log, np.zeros(1)).tolist() == [-inf]


def test_operators_on_numpy_work_in_several_threads(numpy_backend: None) -> None:
    ones = t.ones(200_000)  # large enough for NumPy to release the GIL
    sums: list[Any] = []

    def add() -> None:
        sums.extend((ones + ones)[-1].item() for _ in range(50))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [2] * 200


@pytest.mark.parametrize("dtype", [dtype for dtype in ALL if dtype.in_numpy and dtype.kind in REAL])
@pytest.mark.parametrize(
    "ends", [(0, 70000, 3000), (0.0, 1e-6, 1e-7), (-300, 5, 50), (5, -3, -2.5)]
)
def test_ranges_ignore_the_errstate_of_the_caller(
    ends: tuple[float, float, float], dtype: DType, numpy_backend: None
) -> None:
    values = np.arange(*ends)
    limits = np.iinfo(dtype.numpy) if dtype.kind in INTEGER else np.finfo(np.float64)
    with np.errstate(all="raise"):
        if limits.min <= values.min() and values.max() <= limits.max:
            found = t.arange(*ends, dtype=dtype).tolist()
        else:
            with pytest.raises(ValueError, match="does not fit"):
                t.arange(*ends, dtype=dtype)
            return
    with np.errstate(over="ignore"):  # of float16
        assert found == values.astype(dtype.numpy).tolist()
