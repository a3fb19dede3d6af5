"""Rules of the comparison with NumPy: what is a view, what is rounded alike, what is close enough."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tests.fuzz.twins import Array

# Functions that return a tensor over the memory of their first operand; of others it depends on its
# layout.
VIEWS = {
    f"tensor_{name}"
    for name in (
        "alias", "cpu", "to_device", "permute", "transpose", "t", "matrix_transpose", "expand",
        "unsqueeze", "real", "imag", "squeeze", "diagonal", "select", "slice", "narrow", "moveaxis",
        "to_dlpack",
    )
}  # fmt: skip
MAYBE_VIEWS = {"tensor_reshape", "tensor_contiguous", "tensor_to_dtype"}
# Rounded as in NumPy.
EXACT = {
    f"tensor_{name}"
    for name in (
        "add", "sub", "mul", "div", "neg", "floor", "ceil", "round", "trunc", "maximum", "minimum",
        "sign", "amax", "amin", "sort", "cat", "stack", "where", "flip", "roll", "tile", "tril",
        "triu", "clone", "take", "index", "from_data", "copysign", "add_", "sub_", "mul_", "div_",
        "copy_", "index_put_", "square",
    )
}  # fmt: skip
SQUARES = {"tensor_matmul", "tensor_var", "tensor_std"}
PRODUCTS = {"tensor_prod", "tensor_cumprod", "tensor_std"}
SUMS = {"tensor_sum", "tensor_mean", "tensor_cumsum", "tensor_matmul", "tensor_var", "tensor_std"}
# Fail at the first element that they refuse: what is before it is written.
PARTIAL = {"tensor_index_put_", "tensor_floor_divide_", "tensor_remainder_"}
MOST_ELEMENTS = 5000


def close(name: str, answer: Array, found: Array, operands: Iterable[Array]) -> bool:
    """Whether floating-point numbers differ by a few roundings only; of a sum, by those of its terms."""
    single = answer.dtype.itemsize // (2 if answer.dtype.kind == "c" else 1) == 4
    rtol, atol = (1e-5, 1e-37) if single else (1e-11, 1e-300)
    with np.errstate(all="ignore"):
        if name in SUMS:
            for operand in operands:
                total = float(np.sum(np.abs(operand.astype("c16"))))
                atol = max(atol, rtol * total * (1 + total if name in SQUARES else 1))
            if not atol < 1e30:
                return True
        if name in PRODUCTS:
            rtol *= 100
        if answer.dtype.kind == "f":  # close to the largest number one of the two may overflow
            limit = np.finfo(answer.dtype).max / 4
            answer, found = (np.where(np.abs(x) > limit, np.sign(x), x) for x in (answer, found))
        if answer.dtype.kind == "c" and not np.all(np.isfinite(answer)):
            return True
        return bool(np.allclose(found, answer, rtol, atol, equal_nan=True))


def reach(array: Array) -> int:
    """Bytes from the first element to the end of the last."""
    if not array.size:
        return 0
    steps = (stride * (n - 1) for n, stride in zip(array.shape, array.strides, strict=True))
    return sum(steps) + array.itemsize


def brief(array: Any) -> str:
    if array is None:
        return "success"
    text = np.array2string(array, threshold=8, edgeitems=2, separator=",").replace("\n", "")
    return f"{array.dtype}{list(array.shape)} {text}"


def too_large(name: str, values: list[Any]) -> bool:
    """Whether a result would have so many elements that it slows the others down."""
    for dims in values:  # an empty tensor whose later results would not be empty
        whole = isinstance(dims, list) and all(isinstance(n, int) for n in dims)
        if whole and 0 in dims and max(dims) > 2**40:
            return True
    arrays = [one for one in values if isinstance(one, np.ndarray)]
    sizes = [one.size for one in arrays]
    if name == "tensor_tile":
        sizes.append(arrays[0].size * math.prod(values[1]))
    if name == "tensor_expand":
        sizes.append(math.prod(n for n in values[1] if n > 0))
    if len(arrays) > 1 and name not in ("tensor_take", "tensor_isin"):
        ndim = max(one.ndim for one in arrays)
        shapes = [(1,) * (ndim - one.ndim) + one.shape for one in arrays]
        sizes.append(math.prod(map(max, zip(*shapes, strict=True))))
    return max(sizes, default=0) > MOST_ELEMENTS
