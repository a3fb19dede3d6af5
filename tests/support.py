"""Helpers of the tests: sample values, comparison with an expected array, child processes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import torchffi
from torchffi import Tensor, dtypes
from torchffi._core import operations
from torchffi.dtypes import DType

ROOT = Path(__file__).parent.parent
BACKENDS = ("ffi", "numpy")

# The dtypes of both backends, by their names in the standard.
NAMES = tuple(dtype.name for dtype in dtypes.ALL if dtype.numpy is not None)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
PRECISE = ("float32", "float64", *COMPLEX)  # the dtypes of LAPACK and FFTs
REALS = INTEGERS + FLOATS
NUMERIC = REALS + COMPLEX
# Relative tolerance: a few roundings of the dtype.
TOLERANCE = {
    "float16": 4e-3,
    "float32": 2e-6,
    "float64": 4e-15,
    "complex64": 4e-6,
    "complex128": 8e-15,
}
# Absolute tolerance for results from small matrices with elements of about 1.
ROUNDING = {
    "float16": 1e-2,
    "float32": 1e-4,
    "float64": 1e-12,
    "complex64": 1e-4,
    "complex128": 1e-12,
}

inf, nan = float("inf"), float("nan")


def examples(count: int) -> int:
    """The number of examples of a Hypothesis test; make sanitize asks for more."""
    return int(os.environ.get("TORCHFFI_EXAMPLES", count))


def dtype_of(name: str) -> DType:
    return dtypes.by_name(name)


def sample(name: str, size: int = 6, offset: int = 0) -> npt.NDArray[Any]:
    """Small nonzero values of a dtype, distinct if the dtype has enough values."""
    numbers = np.arange(1, size + 1) + offset
    if name == "bool":
        return numbers % 3 != 0
    if name in UNSIGNED:
        return numbers.astype(name)
    numbers = np.where(numbers % 2, numbers, -numbers)
    if name in SIGNED:
        return numbers.astype(name)
    if name in COMPLEX:
        return (numbers / 4 + 1j * (numbers - 2) / 8).astype(name)
    return (numbers / 4).astype(name)


def noise(name: str, *shape: int, seed: int = 0) -> npt.NDArray[Any]:
    """Normally distributed numbers of a floating-point or complex dtype, with a fixed seed."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=shape)
    if name in COMPLEX:
        return np.asarray(numbers + 1j * generator.normal(size=shape), name)
    return np.asarray(numbers, name)


def special(name: str) -> npt.NDArray[Any]:
    """NaN, infinities, both zeros, and ordinary values, of a floating-point dtype."""
    tiny = float(np.finfo(name).tiny)
    return np.array([nan, inf, -inf, 0.0, -0.0, 1, -1, 0.5, -2.5, 3.7, tiny, -tiny], name)


def check(
    actual: Tensor,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float = 0,
    signed_zero: bool = True,
) -> None:
    """Asserts that a tensor has the expected dtype, shape and, within the tolerance, values.

    NaN equals NaN; the sign of zero is compared unless ``signed_zero`` is False.
    """
    expected = np.asarray(expected)
    assert isinstance(actual, Tensor)
    assert actual.dtype is dtypes.by_numpy(expected.dtype), (actual.dtype, expected.dtype)
    assert actual.shape == expected.shape
    found = actual.numpy()
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if rtol is None:
        rtol = TOLERANCE.get(expected.dtype.name, 0)
    np.testing.assert_allclose(found, expected, rtol, atol, equal_nan=True)
    if signed_zero and expected.dtype.kind == "f" and not atol:
        zero = expected == 0
        np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))


def child_environment() -> dict[str, str]:
    """This environment without the variables that choose a backend; TORCHFFI_SPEEDUPS is kept."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TORCHFFI_") or name == "TORCHFFI_SPEEDUPS"
    }


def without_coverage() -> pytest.MonkeyPatch:
    """Runs child processes without coverage, whose tracer a signal would also interrupt."""
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        patch.delenv(name)
    return patch


def python(code: str, *, timeout: float = 240, folder: Path = ROOT, **environment: str) -> str:
    """Runs a program in a new process, which must exit with 0 and write nothing to stderr.

    Args:
        code: The program.
        timeout: Seconds that it may take.
        folder: The working directory.
        environment: Variables to set.

    Returns:
        Its standard output.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        env=child_environment() | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def handles() -> tuple[int, int, int]:
    """Live handles, their bytes, and borrowed arrays, without the cached scalars."""
    operations.scalars.clear()
    stats = torchffi.memory_stats()
    return stats["live_handles"], stats["live_bytes"], stats["borrowed_arrays"]


def settled() -> tuple[int, int, int]:
    """As :func:`handles`, after a full collection; to compare with at the end of a test."""
    gc.collect()
    return handles()
