"""Methods and properties of tensors on LibTorch that ask one function: in C, without a frame of Python.

What they do not know, and every failure, is left to the methods and properties in Python. Functions that
neither compute nor wait are called by their addresses, with the GIL held.
"""

from __future__ import annotations

import math
from functools import partial

from torchffi import dtypes
from torchffi._autograd import in_use
from torchffi._core import lifetimes
from torchffi._core.operations import scalars
from torchffi._core.tensor_libtorch import FFITensor
from torchffi._libtorch.c_numbers import LETTERS
from torchffi._libtorch.loader import lib
from torchffi._libtorch.primitives import key_tensors
from torchffi._stdlib.typing import Any, Final

_SELF: Final = ...
_SLOW: Final = NotImplemented
_FLAGS: Final = (False, True)


def install(speedups: Any) -> None:
    """Replaces methods and properties of tensors on LibTorch by those in C.

    Their results are, by what the function returns: see ``new_query()`` in ``_speedups_queries.c``.
    """
    shape, detach, is_leaf, is_contiguous = lifetimes.addresses(
        "rt_torch_tensor_shape",
        "rt_torch_tensor_detach",
        "rt_torch_tensor_is_leaf",
        "rt_torch_tensor_is_contiguous",
    )
    is_cuda, requires_grad, set_requires_grad, grad_state = lifetimes.addresses(
        "rt_torch_tensor_is_cuda",
        "rt_torch_tensor_requires_grad",
        "rt_torch_tensor_set_requires_grad",
        "rt_torch_tensor_grad_state",
    )
    gradient = lifetimes.addresses("rt_torch_tensor_is_grad", "rt_torch_tensor_grad")
    (copy,) = lifetimes.addresses("rt_torch_tensor_copy_to_host")
    types = speedups.setup_queries(is_cuda)
    query, attribute = (partial(one, speedups) for one in types)
    letters = {
        kind: ord(LETTERS[dtype].upper() if dtype.kind == "complex" else LETTERS[dtype])
        for dtype, kind in FFITensor._backend.classes.items()
        if dtype in LETTERS
    }
    integers = {
        kind: letter for kind, letter in letters.items() if kind._dtype.kind in dtypes.INTEGER
    }
    methods: tuple[tuple[Any, ...], ...] = (
        ("is_cuda", "a", is_cuda, _FLAGS),
        ("is_contiguous", "a", is_contiguous, _FLAGS),
        ("contiguous", "a", is_contiguous, (_SLOW, _SELF)),
        ("requires_grad_", "a", set_requires_grad, (_SELF, _SLOW), False),
        ("detach", "m", detach, ()),
        ("tolist", "t", copy, letters),
        ("item", "v", copy, letters),
        ("__index__", "v", copy, integers),
        ("__bool__", "v", copy, letters, bool),
        ("__int__", "v", copy, letters, int),
        ("__float__", "v", copy, letters, float),
        ("__complex__", "v", copy, letters, complex),
        ("__floor__", "v", copy, letters, math.floor),
        ("__ceil__", "v", copy, letters, math.ceil),
        ("dim", "d", shape, ()),
        ("numel", "n", shape, ()),
        ("nelement", "n", shape, ()),
        ("__getitem__", "k", lib.rt_torch_tensor_basic_index, (), key_tensors),
        ("__setitem__", "p", lib.rt_torch_tensor_basic_index_put_, scalars, key_tensors),
    )
    properties: tuple[tuple[Any, ...], ...] = (
        ("requires_grad", "a", requires_grad, _FLAGS),
        ("is_leaf", "a", is_leaf, _FLAGS),
        ("grad", "g", grad_state, in_use.last, gradient),
        ("grad_fn", "a", is_leaf, (_SLOW, None)),
        ("data", "m", detach, ()),
        ("device", "a", is_cuda, ("cpu", _SLOW)),
        ("shape", "s", shape, ()),
        ("ndim", "d", shape, ()),
        ("size", "n", shape, ()),
        ("nbytes", "b", shape, ()),
    )
    for type_, table in ((query, methods), (attribute, properties)):
        for name, result, function, answers, *argument in table:
            slow_path = getattr(FFITensor, name)
            setattr(FFITensor, name, type_(result, function, answers, slow_path, *argument))
