"""LibTorch for Python, without the PyTorch Python package, and NumPy where there is no LibTorch."""

from torchffi import _methods as _methods
from torchffi import dtypes
from torchffi._array.broadcasting import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    meshgrid,
)
from torchffi._array.conversion import asarray, from_numpy
from torchffi._array.creation import (
    empty,
    empty_like,
    eye,
    full,
    full_like,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from torchffi._array.data_types import astype, can_cast, finfo, iinfo, isdtype, result_type
from torchffi._array.elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    equal,
    erf,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    rsqrt,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
)
from torchffi._array.joining import concat, repeat, stack, tile, unstack
from torchffi._array.linear_algebra import addmm, matmul, tensordot, tril, triu, vecdot
from torchffi._array.manipulation import (
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    reshape,
    roll,
    squeeze,
)
from torchffi._array.searching import argmax, argmin, count_nonzero, nonzero, searchsorted, where
from torchffi._array.statistical import (
    cumulative_prod,
    cumulative_sum,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from torchffi._array.taking import narrow, select, take, take_along_axis
from torchffi._array.utility import all, any, diff
from torchffi._autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from torchffi._core import tensor_libtorch as _tensor_ffi  # noqa: F401  (sets the tensor classes)
from torchffi._core import tensor_numpy as _tensor_numpy  # noqa: F401
from torchffi._core.backends import get_backend, use_backend
from torchffi._core.dispatch import fallback_counts
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import TYPE_CHECKING
from torchffi.dtypes import (
    bool,
    complex64,
    complex128,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from torchffi.errors import FileFormatError, HandleError, TorchError, UnavailableError

if TYPE_CHECKING:
    from torchffi import autograd as autograd
    from torchffi import export as export
    from torchffi import fft as fft
    from torchffi import inductor as inductor
    from torchffi import jit as jit
    from torchffi import linalg as linalg
    from torchffi import nn as nn
    from torchffi import ops as ops
    from torchffi import optim as optim
    from torchffi import serialization as serialization
    from torchffi import utils as utils
    from torchffi._array.dlpack import from_dlpack as from_dlpack
    from torchffi._array.inspection import __array_namespace_info__ as __array_namespace_info__
    from torchffi._array.random import manual_seed as manual_seed
    from torchffi._array.random import rand as rand
    from torchffi._array.random import randn as randn
    from torchffi._array.ranges import arange as arange
    from torchffi._array.ranges import linspace as linspace
    from torchffi._array.sets import isin as isin
    from torchffi._array.sets import unique_all as unique_all
    from torchffi._array.sets import unique_counts as unique_counts
    from torchffi._array.sets import unique_inverse as unique_inverse
    from torchffi._array.sets import unique_values as unique_values
    from torchffi._array.sorting import argsort as argsort
    from torchffi._array.sorting import sort as sort
    from torchffi._compat import tensor_free as tensor_free
    from torchffi._compat import torch_available as torch_available
    from torchffi._compat import torch_cuda_available as torch_cuda_available
    from torchffi._compat import torch_ones as torch_ones
    from torchffi._compat import torch_randn as torch_randn
    from torchffi._compat import torch_version as torch_version
    from torchffi._compat import torch_zeros as torch_zeros
    from torchffi._diagnosis import auto_detect_device as auto_detect_device
    from torchffi._diagnosis import diagnose as diagnose
    from torchffi._diagnosis import get_num_threads as get_num_threads
    from torchffi._diagnosis import memory_stats as memory_stats
    from torchffi._diagnosis import set_num_threads as set_num_threads
    from torchffi.serialization import load as load
    from torchffi.serialization import load_safetensors as load_safetensors
    from torchffi.serialization import safe_open as safe_open
    from torchffi.serialization import save as save
    from torchffi.serialization import save_safetensors as save_safetensors

e = 2.718281828459045
inf = float("inf")
nan = float("nan")
newaxis = None
pi = 3.141592653589793

__version__ = "0.1.0"
__array_api_version__ = "2025.12"

__all__ = [
    "FileFormatError",
    "HandleError",
    "Tensor",
    "TorchError",
    "UnavailableError",
    "__array_namespace_info__",
    "abs",
    "acos",
    "acosh",
    "add",
    "addmm",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "auto_detect_device",
    "autograd",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "ceil",
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "diagnose",
    "diff",
    "divide",
    "dtypes",
    "e",
    "empty",
    "empty_like",
    "enable_grad",
    "equal",
    "erf",
    "exp",
    "expand_dims",
    "expm1",
    "export",
    "eye",
    "fallback_counts",
    "fft",
    "finfo",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "get_backend",
    "get_num_threads",
    "greater",
    "greater_equal",
    "hypot",
    "iinfo",
    "imag",
    "inductor",
    "inf",
    "inference_mode",
    "int8",
    "int16",
    "int32",
    "int64",
    "is_grad_enabled",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "jit",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "load",
    "load_safetensors",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "manual_seed",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "memory_stats",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan",
    "narrow",
    "negative",
    "newaxis",
    "nextafter",
    "nn",
    "no_grad",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "ops",
    "optim",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "prod",
    "rand",
    "randn",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "rsqrt",
    "safe_open",
    "save",
    "save_safetensors",
    "searchsorted",
    "select",
    "serialization",
    "set_grad_enabled",
    "set_num_threads",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensor_free",
    "tensordot",
    "tile",
    "torch_available",
    "torch_cuda_available",
    "torch_ones",
    "torch_randn",
    "torch_version",
    "torch_zeros",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "use_backend",
    "utils",
    "var",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
]


# Imported on first use: modules, and functions by the module that has them.
_LAZY = (
    "autograd", "export", "fft", "inductor", "jit", "linalg", "nn", "ops", "optim", "serialization",
    "utils",
)  # fmt: skip
_LAZY_NAMES = {
    "_array.dlpack": ("from_dlpack",),
    "_array.inspection": ("__array_namespace_info__",),
    "_array.random": ("manual_seed", "rand", "randn"),
    "_array.ranges": ("arange", "linspace"),
    "_array.sets": ("isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"),
    "_array.sorting": ("argsort", "sort"),
    "_compat": (
        "tensor_free",
        "torch_available",
        "torch_cuda_available",
        "torch_ones",
        "torch_randn",
        "torch_version",
        "torch_zeros",
    ),
    "_diagnosis": (
        "auto_detect_device",
        "diagnose",
        "get_num_threads",
        "memory_stats",
        "set_num_threads",
    ),
    "serialization": ("load", "load_safetensors", "safe_open", "save", "save_safetensors"),
}


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *(name for names in _LAZY_NAMES.values() for name in names)})


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _LAZY:
        return import_module(f"torchffi.{name}")
    for module, names in _LAZY_NAMES.items():
        if name in names:
            found = globals()[name] = getattr(import_module(f"torchffi.{module}"), name)
            return found
    from torchffi._torch_names import instead_of

    raise AttributeError(f"module 'torchffi' has no attribute {name!r}{instead_of(name)}")
