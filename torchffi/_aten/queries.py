"""Methods and properties of tensors on LibTorch that ask one function: in C, without a frame of Python.

What they do not know, and every failure, is left to the methods and properties in Python.
"""

from __future__ import annotations

from functools import partial
from types import MethodType
from typing import Any, Final

from torchffi._core.operations import scalars
from torchffi._core.tensor_libtorch import FFITensor
from torchffi._libtorch.c_numbers import LETTERS
from torchffi._libtorch.loader import lib

_SELF: Final = ...
_SLOW: Final = NotImplemented
_FLAGS: Final = (False, True)


def install(speedups: Any) -> None:
    """Replaces methods and properties of tensors on LibTorch by those in C.

    Their results are, by what the function returns: see ``new_query()`` in ``_speedups_queries.c``.
    """
    types = speedups.setup_queries(MethodType)
    query, attribute = (partial(one, speedups) for one in types)
    numbers = {
        kind: {"bool": bool, "floating point": float}.get(dtype.kind, int)
        for dtype, kind in FFITensor._backend.classes.items()
        if dtype.kind != "complex"
    }
    integers = {kind: int for kind, number in numbers.items() if number is int}
    letters = {
        kind: ord(LETTERS[dtype].upper() if dtype.kind == "complex" else LETTERS[dtype])
        for dtype, kind in FFITensor._backend.classes.items()
        if dtype in LETTERS
    }
    is_contiguous = lib.rt_torch_tensor_is_contiguous
    shape = lib.rt_torch_tensor_shape
    detach, item = lib.rt_torch_tensor_detach, lib.rt_torch_tensor_item_double
    methods: tuple[tuple[Any, ...], ...] = (
        ("is_cuda", "a", lib.rt_torch_tensor_is_cuda, _FLAGS),
        ("is_contiguous", "a", is_contiguous, _FLAGS),
        ("contiguous", "a", is_contiguous, (_SLOW, _SELF)),
        ("requires_grad_", "a", lib.rt_torch_tensor_set_requires_grad, (_SELF, _SLOW), False),
        ("detach", "m", detach, ()),
        ("item", "v", item, numbers),
        ("tolist", "t", lib.rt_torch_tensor_copy_to_host, letters),
        ("__index__", "v", item, integers),
        ("dim", "d", shape, ()),
        ("numel", "n", shape, ()),
        ("nelement", "n", shape, ()),
        ("__getitem__", "k", lib.rt_torch_tensor_basic_index, ()),
        ("__setitem__", "p", lib.rt_torch_tensor_basic_index_put_, scalars),
    )
    properties: tuple[tuple[Any, ...], ...] = (
        ("requires_grad", "a", lib.rt_torch_tensor_requires_grad, _FLAGS),
        ("is_leaf", "a", lib.rt_torch_tensor_is_leaf, _FLAGS),
        ("grad", "a", lib.rt_torch_tensor_grad_state, (None, _SLOW)),
        ("grad_fn", "a", lib.rt_torch_tensor_is_leaf, (_SLOW, None)),
        ("data", "m", detach, ()),
        ("device", "a", lib.rt_torch_tensor_is_cuda, ("cpu", _SLOW)),
        ("shape", "s", shape, ()),
        ("ndim", "d", shape, ()),
        ("size", "n", shape, ()),
        ("nbytes", "b", shape, ()),
    )
    for type_, table in ((query, methods), (attribute, properties)):
        for name, result, function, answers, *argument in table:
            slow_path = getattr(FFITensor, name)
            setattr(FFITensor, name, type_(result, function, answers, slow_path, *argument))
