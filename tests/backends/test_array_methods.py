"""Methods of tensors on NumPy that the speedups bind to arrays: they do what their slow paths do."""

from __future__ import annotations

import copy
import gc
import inspect
import math
import operator
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi import dtypes
from torchffi._core import lifetimes
from torchffi._core.tensor_numpy import NUMPY, NumpyTensor

pytestmark = pytest.mark.filterwarnings("error")
needs_speedups = pytest.mark.skipif(
    lifetimes.implementation() == "Python", reason="compares torchffi._speedups"
)

BIG = 2**70
_WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "iadd": operator.iadd, "imul": operator.imul, "itruediv": operator.itruediv,
    "iand": operator.iand, "imod": operator.imod, "ifloordiv": operator.ifloordiv,
}  # fmt: skip
CALLS: dict[str, Callable[[Any], Any]] = {
    "int": lambda x: x[1],
    "negative": lambda x: x[-1, -2],
    "out-of-range": lambda x: x[9],
    "big": lambda x: x[BIG],
    "bool": lambda x: x[True],
    "bool-in-tuple": lambda x: x[True, 0],
    "float": lambda x: x[1.0],
    "none": lambda x: x[None],
    "dots": lambda x: x[...],
    "two-dots": lambda x: x[..., ...],
    "slice": lambda x: x[1:],
    "backwards": lambda x: x[::-1],
    "step-0": lambda x: x[::0],
    "backwards-in-tuple": lambda x: x[0, ::-1],
    "too-many": lambda x: x[0, 0, 0],
    "empty-tuple": lambda x: x[()],
    "list": lambda x: x[[0, 1]],
    "index": lambda x: x[t.asarray([1, 0])],
    "index-and-integer": lambda x: x[t.asarray([1, 0, 1]), 0],
    "index-and-slice": lambda x: x[t.asarray([1, 0, 1]), 1:],
    "index-and-backwards": lambda x: x[t.asarray([1, 0, 1]), ::-1],
    "index-and-none": lambda x: x[None, t.asarray([1, 0, 1])],
    "index-and-dots": lambda x: x[..., t.asarray([1, 0, 1])],
    "indices": lambda x: x[t.asarray([1, 0]), t.asarray([2, 2])],
    "indices-that-do-not-fit": lambda x: x[t.asarray([1, 0]), t.asarray([2, 2, 2])],
    "index-without-axes-in-tuple": lambda x: x[t.asarray(1), 0],
    "index-and-bool": lambda x: x[t.asarray([1, 0]), True],
    "mask-in-tuple": lambda x: x[t.asarray([True, False]), 1],
    "integer-out-of-range": lambda x: x[t.asarray([1, 0]), 7],
    "index-out-of-range": lambda x: x[t.asarray([1, 5])],
    "index-without-axes": lambda x: x[t.asarray(1)],
    "index-of-float": lambda x: x[t.asarray([1.0])],
    "small-index": lambda x: x[t.asarray([1, 0], dtype=t.int8)],
    "mask": lambda x: x[x > 2],
    "mask-of-rows": lambda x: x[t.asarray([True, False])],
    "mask-of-another-shape": lambda x: x[t.asarray([[True, False]])],
    "mask-without-axes": lambda x: x[t.asarray(True)],
    "view": lambda x: x.view(-1),
    "view-tuple": lambda x: x.view((3, 2)),
    "view-list": lambda x: x.view([3, 2]),
    "view-0": lambda x: x.view(),
    "view--2": lambda x: x.view(-2),
    "view-bool": lambda x: x.view(True, 6),
    "view-transposed": lambda x: x.T.view(6),
    "view-split": lambda x: x.T.view(3, 1, 2),
    "view-dtype": lambda x: x.view(t.int32),
    "reshape": lambda x: x.reshape(3, -1),
    "reshape-transposed": lambda x: x.T.reshape(6),
    "reshape-nested": lambda x: x.reshape((3, 2), 1),
    "reshape-wrong": lambda x: x.reshape(4),
    "reshape-named": lambda x: x.reshape(shape=(6,)),
    "view_as": lambda x: x.view_as(t.ones((3, 2))),
    "view_as-wrong": lambda x: x.view_as(t.ones((3, 3))),
    "view_as-transposed": lambda x: x.T.view_as(x),
    "view_as-number": lambda x: x.view_as(6),
    "reshape_as-transposed": lambda x: x.T.reshape_as(x),
    "reshape_as-other-dtype": lambda x: x.reshape_as(t.ones((3, 2), dtype=t.int64)),
    "flatten": lambda x: x.flatten(),
    "flatten-axes": lambda x: x[None].flatten(1),
    "flatten-0-d": lambda x: x[0, 0].flatten(),
    "flatten-row-of-transposed": lambda x: x.T[:, 0].flatten(),
    "flatten-transposed": lambda x: x.T.flatten(),
    "flatten-expanded": lambda x: x[:1].expand(2, 3).flatten(),
    "flatten-nothing": lambda x: x[:0].flatten(),
    "ravel-nothing": lambda x: x[:, :0].ravel(),
    "diagonal": lambda x: x.diagonal(),
    "diagonal-strided": lambda x: x.T[::2].diagonal(),
    "diagonal-3-d": lambda x: x[None].diagonal(),
    "diagonal-nothing": lambda x: x[:0].diagonal(),
    "diagonal-1-d": lambda x: x[0].diagonal(),
    "diagonal-expanded": lambda x: x[:1].expand(2, 3).diagonal(),
    "diagonal-offset": lambda x: x.diagonal(1),
    "diagonal-written": lambda x: x.diagonal().fill_(0),
    "dot": lambda x: x[0].dot(x[1]),
    "dot-itself": lambda x: x[0].dot(x[0]),
    "dot-strided": lambda x: x.T[:, 0].dot(x[0, ::2][:0].dot(x[0, ::2][:0]) + x[0]),
    "dot-nothing": lambda x: x[0, :0].dot(x[1, :0]),
    "dot-lengths": lambda x: x[0].dot(x[0, :2]),
    "dot-matrices": lambda x: x.dot(x),
    "dot-0-d": lambda x: x[0, 0].dot(x[0, 0]),
    "dot-other-dtype": lambda x: x[0].dot(t.ones(3, dtype=t.int8)),
    "dot-number": lambda x: x[0].dot(2),
    "vdot": lambda x: x[0].vdot(x[1]),
    "vdot-again": lambda x: x[0].vdot(x[1]),
    "ravel": lambda x: x.ravel(),
    "ravel-transposed": lambda x: x.T.ravel(),
    "ravel-column": lambda x: x[:, :1].ravel(),
    "ravel-0-d": lambda x: x[0, 0].ravel(),
    "ravel-argument": lambda x: x.ravel(0),
    "unflatten": lambda x: x.unflatten(1, (3, 1)),
    "unflatten--1": lambda x: x.unflatten(-1, (-1, 3)),
    "unflatten-wrong": lambda x: x.unflatten(1, (2, 2)),
    "unflatten-axis": lambda x: x.unflatten(5, (2, 2)),
    "permute": lambda x: x.permute(1, 0),
    "permute-tuple": lambda x: x.permute((-1, 0)),
    "permute-twice": lambda x: x.permute(0, 0),
    "permute-big": lambda x: x.permute(2**32, 1),
    "transpose": lambda x: x.transpose(0, -1),
    "transpose-wrong": lambda x: x.transpose(0, 2),
    "t": lambda x: x.t(),
    "t-1-d": lambda x: x[0].t(),
    "T": lambda x: x.T,
    "T-1-d": lambda x: x[0].T,
    "mT": lambda x: x.mT,
    "mT-3-d": lambda x: x[None].mT,
    "mT-1-d": lambda x: x[0].mT,
    "swapaxes": lambda x: x.swapaxes(-1, 0),
    "swapaxes-wrong": lambda x: x.swapaxes(0, 2),
    "H": lambda x: x.H,
    "H-0-d": lambda x: x[0, 0].H,
    "H-3-d": lambda x: x[None].H,
    "mH": lambda x: x.mH,
    "mH-3-d": lambda x: x[None].mH,
    "mH-1-d": lambda x: x[0].mH,
    "real": lambda x: x.real,
    "real-0-d": lambda x: x[0, 0].real,
    "imag": lambda x: x.imag,
    "imag-0-d": lambda x: x[0, 0].imag,
    "set-H": lambda x: setattr(x, "H", x),
    "delete-shape": lambda x: delattr(x, "shape"),
    "shape": lambda x: (x.shape, x.ndim, x.size, x.nbytes),
    "item": lambda x: x[0, 0].item(),
    "item-1-1": lambda x: x[:1, :1].item(),
    "item-many": lambda x: x.item(),
    "item-argument": lambda x: x.item(0),
    "to-bool": lambda x: bool(x[0, 0]),
    "to-bool-many": lambda x: bool(x),
    "to-int": lambda x: int(x[0, 0]),
    "to-int-many": lambda x: int(x),
    "to-float": lambda x: float(x[0, 0]),
    "to-float-many": lambda x: float(x[0]),
    "to-int-nan": lambda x: int(x[0, 0] * math.nan),
    "floor": lambda x: math.floor(x[0, 1]),
    "floor-infinite": lambda x: math.floor(x[0, 1] * math.inf),
    "floor-many": lambda x: math.floor(x),
    "ceil-1-1": lambda x: math.ceil(x[:1, :1]),
    "ceil-nan": lambda x: math.ceil(x[0, 0] * math.nan),
    "complex": lambda x: complex(x[0, 0]),
    "index-of-one": lambda x: operator.index(x[0, 0]),
    "ceil": lambda x: math.ceil(x[0, 0]),
    "sizes": lambda x: (x.numel(), x.nelement(), x.ndimension()),
    "clone": lambda x: x.clone(),
    "clone-strides": lambda x: (x.T.clone().strides, x[:1].expand(2, 3).clone().strides),
    "clone-0-d": lambda x: x[0, 0].clone(),
    "argmax": lambda x: x.argmax(),
    "argmin": lambda x: x.T.argmin(),
    "argmax-0-d": lambda x: x[0, 0].argmax(),
    "argmax-of-nothing": lambda x: x[:0].argmax(),
    "argmax-axis": lambda x: x.argmax(1),
    "squeeze-wrong": lambda x: x[None].squeeze(3),
    "squeeze-longer": lambda x: x.squeeze(0),
    "squeeze": lambda x: x[None].squeeze(0),
    "squeeze-0-d": lambda x: x[0, 0].squeeze(0),
    "squeeze-all": lambda x: x[None].squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(-1),
    "unsqueeze-wrong": lambda x: x.unsqueeze(4),
    "select": lambda x: x.select(0, 1),
    "select-negative": lambda x: x.select(-1, -2),
    "select-of-one": lambda x: x[0].select(0, 1),
    "select-axis": lambda x: x.select(2, 0),
    "select-index": lambda x: x.select(0, 2),
    "select-big": lambda x: x.select(0, BIG),
    "contiguous": lambda x: x.contiguous(),
    "contiguous-transposed": lambda x: x.T.contiguous(),
    "dlpack": lambda x: (x.__dlpack_device__(), type(x.__dlpack__())),
    "any": lambda x: (x > 2).any(),
    "all": lambda x: (x > 2).all(),
    "all-of-nothing": lambda x: (x > 2)[:0].all(),
    "any-axis": lambda x: (x > 2).any(0),
    "bincount": lambda x: x[0].bincount(),
    "bincount-of-nothing": lambda x: x[0, :0].bincount(),
    "bincount-negative": lambda x: (x[0] - 3).bincount(),
    "bincount-matrix": lambda x: x.bincount(),
    "bincount-least": lambda x: x[0].bincount(minlength=9),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "narrow-negative": lambda x: x.narrow(-1, -2, 2),
    "narrow-big": lambda x: x.narrow(0, BIG, 1),
    "narrow-big-length": lambda x: x.narrow(0, 0, 2**62),
    "narrow-big-axis": lambda x: x.narrow(BIG, 0, 1),
    "narrow-of-four": lambda x: x.narrow(0, 0, 1, 1),
    "narrow-of-bools": lambda x: x.narrow(0, True, 1),
    "narrow-nothing": lambda x: x.narrow(0, 2, 0),
    "narrow-negative-length": lambda x: x.narrow(0, 1, -1),
    "narrow-wrong": lambda x: x.narrow(1, 2, 2),
    "narrow-axis": lambda x: x.narrow(2, 0, 1),
    "new_zeros": lambda x: x.new_zeros(2, 1),
    "new_ones": lambda x: x.new_ones((2, 1)),
    "new_zeros-negative": lambda x: x.new_zeros(-1),
    "new_zeros-dtype": lambda x: x.new_zeros(2, dtype=t.int64),
    "dim": lambda x: x.dim(),
    "len": lambda x: len(x),
    "len-0-d": lambda x: len(x[0, 0]),
    "add_": lambda x: x.add_(x.clone()),
    "add_-self": lambda x: x.add_(x),
    "add_-number": lambda x: x.add_(2),
    "add_-row": lambda x: x.add_(x[0].clone()),
    "add_-larger": lambda x: x[0].add_(x),
    "add_-alpha": lambda x: x.add_(x.clone(), alpha=3),
    **{
        f"{name}-{case}": (lambda x, write=write, make=make: write(x, make(x)))
        for name, write in _WRITES.items()
        for case, make in {
            "same": lambda x: x.clone(),
            "itself": lambda x: x,
            "zero": lambda x: x ^ x if x.dtype == t.int64 else x != x,
            "number": lambda x: 2,
            "row": lambda x: x[0].clone(),
            "larger": lambda x: t.stack([x, x]),
            "leading-axis": lambda x: x[None].clone(),
            "other-dtype": lambda x: t.ones((2, 3), dtype=t.int8),
        }.items()
    },
    "imod-overlap": lambda x: operator.imod(x.view(-1)[1:], x.view(-1)[:-1]),
    "iadd-overlap": lambda x: operator.iadd(x.view(-1)[1:], x.view(-1)[:-1]),
    "imod-expanded": lambda x: operator.imod(x[:1].expand(2, 3), x.clone()),
    "iadd-expanded": lambda x: operator.iadd(x[:1].expand(2, 3), x.clone()),
    "imod-0-d": lambda x: operator.imod(x[0, 0], x[1, 1].clone()),
    "imod-from-0-d": lambda x: operator.imod(x, x[1, 1].clone()),
    "imod-large": lambda x: operator.imod(
        x[:, :1].expand(2, 2000).clone(), t.full((2, 2000), 2, dtype=x.dtype)
    ),
    "ifloordiv-least": lambda x: operator.ifloordiv(t.asarray([-(2**63)]), t.asarray([-1])),
    "remainder_": lambda x: x.remainder_(x.clone()),
    "floor_divide_": lambda x: x.floor_divide_(x.clone()),
    "mul_-row": lambda x: x.mul_(x[0].clone()),
    **{
        f"{name}-{value}-{case}": (lambda x, name=name, value=value: getattr(x, name)(value))
        for case in (1, 2)  # the second one finds the number in the cache
        for name in ("__iadd__", "__imod__", "__itruediv__", "__iand__", "add_", "div_", "remainder_")
        for value in (3, 2.5, 0, -0.0, True, 2j, BIG)
    },
    **{
        f"{name}-{case}": (lambda x, name=name: getattr(x, name)())
        for case in (1, 2)  # the first one makes the method
        for name in ("floor_", "reciprocal_", "acos_", "square_")
    },
    "exp_": lambda x: x.exp_(),
    "exp_-expanded": lambda x: x[:1].expand(2, 3).exp_(),
    "div_-whole": lambda x: x.div_(x.clone()),
    "log_": lambda x: x.sub_(x).log_(),
    "copy_": lambda x: x.copy_(x.clone()),
    "copy_-number": lambda x: x.copy_(2.0),
    "fill_": lambda x: x.fill_(2.5),
    "fill_-int": lambda x: x.fill_(7),
    "fill_-big": lambda x: x.fill_(1e60),
    "fill_-bool": lambda x: x.fill_(True),
    "fill_-element": lambda x: x.fill_(x[0, 1]),
    "fill_-expanded": lambda x: x[:1].expand(2, 3).fill_(2),
    "zero_": lambda x: x.T.zero_(),
    "zero_-expanded": lambda x: x[:1].expand(2, 3).zero_(),
    "norm": lambda x: x.norm(),
    "norm-0-d": lambda x: x[0, 1].norm(),
    "norm-of-nothing": lambda x: x[:0].norm(),
    "exp2": lambda x: x.exp2(),
    "exp2-0-d": lambda x: x[0, 1].exp2(),
    "exp2-overflow": lambda x: (x * 1e30).exp2(),
    "less-nan": lambda x: x * math.nan < x,
    "maximum-nan": lambda x: (x * math.nan).maximum(x),
    "norm-order": lambda x: x.norm(1),
    "copy_-overlapping": lambda x: x.view(-1)[1:].copy_(x.view(-1)[:-1]),
    "copy_-other-dtype": lambda x: x.copy_(t.ones((2, 3), dtype=t.float64)),
    "rows": lambda x: [row.tolist() for row in x],
    "numbers": lambda x: list(x[0]),
}  # fmt: skip


def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the slow paths in the place of the methods in C."""
    found = 0
    for kind in (NumpyTensor, *NUMPY.classes.values()):
        for name, value in list(vars(kind).items()):
            if type(value).__name__ in ("Method", "ArrayProperty"):
                monkeypatch.setattr(kind, name, value.__wrapped__)
                found += 1
    assert found > 90


def _outcome(call: Callable[[Any], Any], dtype: Any) -> Any:
    with t.use_backend("numpy"):
        x = t.reshape(t.arange(1, 7, dtype=dtype), (2, 3))
        try:
            found = call(x)
        except Exception as error:
            return type(error), str(error), x.tolist()
        if isinstance(found, t.Tensor):
            assert type(found.numpy()) is np.ndarray and found.numpy().dtype == found.dtype.numpy
            shares = np.shares_memory(found.numpy(), x.numpy())
            found = found.tolist(), found.shape, found.dtype, shares, found is x
        return str(found), str(x.tolist())


@needs_speedups
@pytest.mark.parametrize("dtype", [t.float32, t.int64, t.bool, t.complex64], ids=str)
@pytest.mark.parametrize("case", CALLS)
def test_results_and_errors_are_those_of_the_slow_path(
    case: str, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _outcome(CALLS[case], dtype)
    _slow(monkeypatch)
    assert ours == _outcome(CALLS[case], dtype)


def _places(x: Any) -> Any:
    """Places in a tensor of six elements; those of int64 are in its memory."""
    return x.view(-1)[:2] if x.dtype is t.int64 else t.asarray([1, 2])


_OPERANDS: dict[str, Callable[[Any], Any]] = {
    "same": lambda x: x.clone() ^ 1 if x.dtype is t.int64 else x.clone(),
    "row": lambda x: x[0],
    "wrong-shape": lambda x: t.ones((4,), dtype=x.dtype),
    "0-d": lambda x: x[1, 1],
    "int": lambda x: 3,
    "float": lambda x: 2.5,
    "zero": lambda x: 0,
    "minus-zero": lambda x: -0.0,
    "nan": lambda x: float("nan"),
    "bool": lambda x: True,
    "complex": lambda x: 2j,
    "big": lambda x: BIG,
    "tensor-of-zeros": lambda x: (
        x != x if x.dtype is t.bool else x - x if x.dtype is t.int64 else x * 0
    ),
    "other-dtype": lambda x: t.ones((2, 3), dtype=t.int8),
    "array": lambda x: np.ones((2, 3), np.float32),
    "list": lambda x: [1, 2, 3],
    "none": lambda x: None,
}
_ONE = ["__neg__", "__abs__", "__invert__", "exp", "acos", "log", "isnan", "ceil", "sign", "sqrt",
        "reciprocal", "logical_not", "square"]  # fmt: skip
_TWO: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_",
                 "xor", "eq", "ne", "lt", "le", "gt", "ge")
}  # fmt: skip


@needs_speedups
@pytest.mark.parametrize(
    "dtype", [t.float32, dtypes.float16, t.int64, t.bool, t.complex64], ids=str
)
@pytest.mark.parametrize("given", _OPERANDS)
@pytest.mark.parametrize(
    "name", [*_TWO, "maximum", "atan2", "logical_and", "div", "mul", "subtract"]
)
def test_operations_are_those_of_the_slow_path(
    name: str, given: str, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def both(x: Any) -> Any:
        other = _OPERANDS[given](x)
        return _TWO[name](x, other) if name in _TWO else getattr(x, name)(other)

    cases = both, both, lambda x: both(x[0, 0])  # the second one finds the number in the cache
    ours = [_outcome(case, dtype) for case in cases]
    _slow(monkeypatch)
    assert ours == [_outcome(case, dtype) for case in cases]


@needs_speedups
@pytest.mark.parametrize(
    "dtype", [t.float32, dtypes.float16, t.int64, t.bool, t.complex64], ids=str
)
@pytest.mark.parametrize("name", _ONE)
def test_operations_of_one_are_those_of_the_slow_path(
    name: str, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one(x: Any) -> Any:
        return getattr(x, name)()

    cases = one, lambda x: one(x[0, 0]), lambda x: getattr(x, name)(x)
    ours = [_outcome(case, dtype) for case in cases]
    _slow(monkeypatch)
    assert ours == [_outcome(case, dtype) for case in cases]


ASSIGNMENTS: dict[str, Callable[[Any], Any]] = {
    "number": lambda x: x.__setitem__((0, 1), 7.5),
    "integer": lambda x: x.__setitem__(0, 7),
    "too-large": lambda x: x.__setitem__(0, 1e300),
    "infinite-integer": lambda x: x.__setitem__(0, 10**400),
    "nan": lambda x: x.__setitem__(..., float("nan")),
    "minus-zero": lambda x: x.__setitem__(1, -0.0),
    "bool": lambda x: x.__setitem__(1, True),
    "complex": lambda x: x.__setitem__(1, 1j),
    "row": lambda x: x.__setitem__(1, t.asarray([7.0, 8.0, 9.0])),
    "leading-axes": lambda x: x.__setitem__(1, t.asarray([[[7.0, 8.0, 9.0]]])),
    "wrong-shape": lambda x: x.__setitem__(1, t.asarray([7.0, 8.0])),
    "other-dtype": lambda x: x.__setitem__(1, t.asarray([7, 8, 9])),
    "itself": lambda x: x.__setitem__(..., x),
    "overlap": lambda x: x.view(-1).__setitem__(slice(1, None), x.view(-1)[:-1]),
    "backwards": lambda x: x.__setitem__((0, slice(None, None, -1)), t.asarray([7.0, 8.0, 9.0])),
    "index": lambda x: x.__setitem__(t.asarray([1, 0]), x.clone()),
    "index-and-integer": lambda x: x.__setitem__((t.asarray([1, 0]), 1), 7.0),
    "index-of-itself": lambda x: x.view(-1).__setitem__(_places(x), 7.0),
    "index-and-slice": lambda x: x.__setitem__((slice(None), t.asarray([1, 0])), 7.0),
    "index-and-tensor": lambda x: x.__setitem__((slice(None), t.asarray([1, 0])), x[:, :2].clone()),
    "index-and-number-out-of-range": lambda x: x.__setitem__((t.asarray([1, 5]), 1), 7.0),
    "index-number": lambda x: x.__setitem__(t.asarray([1]), 7.0),
    "mask-of-another-shape": lambda x: x.__setitem__(t.asarray([True, False, True]), 7.0),
    "mask-of-rows": lambda x: x.__setitem__(t.asarray([True, False]), 7.0),
    "index-out-of-range": lambda x: x.__setitem__(t.asarray([1, 2]), x.clone()),
    "mask": lambda x: x.__setitem__(x > 2, 0.0),
    "mask-tensor": lambda x: x.__setitem__(x > 2, t.asarray([5.0, 4.0, 3.0, 2.0])),
    "out-of-range": lambda x: x.__setitem__(5, 1.0),
    "expanded": lambda x: x[:1].expand(2, 3).__setitem__(0, 1.0),
    "expanded-whole": lambda x: x[:1].expand(2, 3).__setitem__(..., 1.0),
    "expanded-from-tensor": lambda x: x[:1].expand(2, 3).__setitem__(..., x.clone()),
    "index-overlap": lambda x: x.view(-1).__setitem__(t.asarray([1, 2, 3, 4, 5]), x.view(-1)[:-1]),
    "0-d": lambda x: x[0, 0].__setitem__((), 4.0),
}


@needs_speedups
@pytest.mark.parametrize("dtype", [t.float32, dtypes.float16, t.int64, t.complex64], ids=str)
@pytest.mark.parametrize("case", ASSIGNMENTS)
def test_assignments_are_those_of_the_slow_path(
    case: str, dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _outcome(ASSIGNMENTS[case], dtype)
    _slow(monkeypatch)
    assert ours == _outcome(ASSIGNMENTS[case], dtype)


def test_an_index_that_shares_memory_is_read_first() -> None:
    with t.use_backend("numpy"):
        i = t.asarray([1, 2, 0])
        i[i] = t.asarray([0, 0, 2])
        assert i.tolist() == [2, 0, 0]


def test_a_read_only_array_is_not_written() -> None:
    array = np.ones((2, 2), np.float32)
    array.flags.writeable = False
    with t.use_backend("numpy"):
        x = t.from_numpy(array)
        for write in (lambda: x.__setitem__(0, 2.0), lambda: x.add_(x), lambda: x.exp_()):
            with pytest.raises(ValueError):
                write()
        assert x.T.tolist() == [[1, 1], [1, 1]]


def test_an_element_that_is_not_aligned_is_read() -> None:
    record = np.zeros(1, [("one", np.int8), ("value", np.float64)])
    record["value"] = 2.5
    assert not record["value"].flags.aligned
    with t.use_backend("numpy"):
        x = t.from_numpy(record["value"])
    assert (x.item(), float(x), int(x), math.ceil(x)) == (2.5, 2.5, 2, 3)


def test_a_freed_tensor_is_refused() -> None:
    with t.use_backend("numpy"):
        x, y = t.ones((2, 2)), t.ones((2, 2))
        with x:
            pass
        calls = (lambda: x[0], lambda: x.T, lambda: len(x), lambda: y.add_(x), lambda: y.view_as(x),
                 lambda: y.__setitem__(0, x), lambda: list(x), lambda: x.shape, lambda: x.ravel(),
                 lambda: x.H, lambda: x.item())  # fmt: skip
        for call in calls:
            with pytest.raises(t.HandleError):
                call()


def test_methods_look_like_functions() -> None:
    with t.use_backend("numpy"):
        x = t.ones((2, 3))
    assert x.reshape.__doc__ == t.Tensor.reshape.__doc__ and x.reshape.__name__ == "reshape"
    assert inspect.signature(x.narrow) == inspect.signature(t.Tensor.narrow.__get__(x))
    assert inspect.getdoc(NumpyTensor.T) == inspect.getdoc(t.Tensor.T)
    assert inspect.getdoc(type(x).H) == inspect.getdoc(t.Tensor.H)
    bound = x.reshape
    assert bound(3, 2).shape == (3, 2) and x.reshape(*(6,)).shape == (6,)
    assert type(x).reshape(x, 6).shape == (6,)
    assert copy.copy(x).tolist() == x.tolist()
    with pytest.raises(TypeError):
        type(x).reshape()


def test_views_do_not_leak() -> None:
    with t.use_backend("numpy"):
        x = t.ones((2, 3))
    array = x.numpy()
    reference = weakref.ref(x)
    for _ in range(3):
        (
            x[0],
            x.T,
            x.H,
            x.real,
            x.shape,
            x.ravel(),
            x[...],
            x.view(-1),
            list(x),
            x.add_(x[0].clone()),
            len(x),
        )
        with pytest.raises(IndexError):
            x[7]
    del x
    gc.collect()
    assert reference() is None and array.base is not None
