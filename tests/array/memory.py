"""How much memory each function needs beside its operands and its result. A program: prints JSON.

The peak of the resident memory is reset before each call. ``MALLOC_MMAP_THRESHOLD_`` must be set, so
that freed memory goes back to the system, and no temporary hides in the memory of an earlier one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torchffi as t
from torchffi import dtypes

ROWS, COLUMNS = 1 << 18, 8
NAMES = ("bool", "uint8", "uint32", "float16", "float32", "float64", "complex64")

_ELEMENTWISE = """
    abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1 floor imag isfinite
    isinf isnan log log10 log1p log2 logical_not negative positive real reciprocal round sign signbit sin
    sinh sqrt square tan tanh trunc nn.gelu nn.relu nn.silu nn.sigmoid erf rsqrt
"""
BINARY = """
    add subtract multiply divide floor_divide remainder pow atan2 hypot logaddexp copysign nextafter
    maximum minimum equal not_equal less less_equal greater greater_equal logical_and logical_or
    logical_xor bitwise_and bitwise_or bitwise_xor
"""
_REDUCTIONS = "sum prod mean var std max min all any count_nonzero argmax argmin linalg.vector_norm"
_ALONG = "cumulative_sum cumulative_prod nn.softmax nn.log_softmax flip roll"


def _function(name: str) -> Callable[..., Any]:
    function: Any = t
    for part in name.split("."):
        function = getattr(function, part)
    return function  # type: ignore[no-any-return]


def _calls() -> Iterator[tuple[str, Callable[[t.Tensor], Any]]]:
    for name in _ELEMENTWISE.split():
        yield name, _function(name)
    for name in BINARY.split():
        function = _function(name)
        yield name, lambda x, function=function: function(x, x)
    for name in _REDUCTIONS.split():
        function = _function(name)
        for axis in (None, 0, 1):
            yield f"{name} {axis}", lambda x, f=function, axis=axis: f(x, axis=axis)
    for name in _ALONG.split():
        function = _function(name)
        for axis in (0, 1):
            if name == "roll":
                yield f"roll {axis}", lambda x, axis=axis: t.roll(x, 1, axis=axis)
            else:
                yield f"{name} {axis}", lambda x, f=function, axis=axis: f(x, axis=axis)
    yield "nn.layer_norm", lambda x: t.nn.layer_norm(x, (COLUMNS,))
    yield "where", lambda x: t.where(x == x, x, x)
    yield "clip", lambda x: t.clip(x, 0, 1)
    yield "concat", lambda x: t.concat([x, x])
    yield "stack", lambda x: t.stack([x, x])
    yield "tile", lambda x: t.tile(x, (2, 1))
    yield "repeat", lambda x: t.repeat(x, 2, axis=0)
    yield "diff", lambda x: t.diff(x, axis=0)
    yield "tril", lambda x: t.tril(x)
    yield "nonzero", lambda x: t.nonzero(x)[0]
    yield "getitem mask", lambda x: x[x == x]
    yield "isin", lambda x: t.isin(x, x[:3, 0])
    yield "astype", lambda x: t.astype(x, dtypes.float32)
    yield "matmul", lambda x: t.matmul(x, x[:COLUMNS].T)


def _status(key: str) -> int:
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key)
    )
    return 1024 * int(line.split()[1])


def _sizes(function: Callable[[t.Tensor], Any], x: t.Tensor) -> tuple[int, int] | None:
    """Bytes of the result and of temporaries at the peak of a call; None if it is refused."""
    try:
        function(x[:64])
    except (TypeError, ValueError, NotImplementedError):
        return None
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    result = function(x)
    size = int(result.nbytes)
    return size, _status("VmHWM") - before - size


def main(backend: str) -> None:
    """Prints [call, dtype, bytes of the operand, of the result, of temporaries] for each call."""
    rows = []
    with t.use_backend(backend):
        for name in NAMES:
            x = t.ones((ROWS, COLUMNS), dtype=getattr(dtypes, name))
            for call, function in _calls():
                sizes = _sizes(function, x)
                if sizes is not None:
                    rows.append((call, name, x.nbytes, *sizes))
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
