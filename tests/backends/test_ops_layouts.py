"""Tensors without strided memory, which operators called by name return: sparse, mkldnn, nested."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import settled
from torchffi import ops

pytestmark = pytest.mark.usefixtures("ffi_backend")

MAKERS: dict[str, Callable[[t.Tensor], t.Tensor]] = {
    "sparse_coo": lambda x: ops.aten._to_sparse(x),
    "sparse_csr": lambda x: ops.aten._to_sparse_csr(x),
    "sparse_csc": lambda x: ops.aten._to_sparse_csc(x),
    "mkldnn": lambda x: ops.aten.to_mkldnn(x),
    "nested": lambda x: ops.aten._nested_tensor_from_tensor_list([x, x[:1]]),
}
REFUSED: dict[str, Callable[[t.Tensor, t.Tensor], Any]] = {
    "numpy": lambda s, x: s.numpy(),
    "asarray": lambda s, x: np.asarray(s),
    "tolist": lambda s, x: s.tolist(),
    "dlpack": lambda s, x: s.__dlpack__(),
    "pickle": lambda s, x: pickle.dumps(s),
    "deepcopy": lambda s, x: copy.deepcopy(s),
    "add": lambda s, x: s + s,
    "mixed add": lambda s, x: x + s,
    "in place": lambda s, x: x.__iadd__(s),
    "equal": lambda s, x: s == s,
    "index": lambda s, x: s[0:1],
    "assignment": lambda s, x: x.__setitem__(0, s),
    "sum": lambda s, x: t.sum(s),
    "matmul": lambda s, x: s @ x.T,
    "linear": lambda s, x: t.nn.linear(x, s),
    "reshape": lambda s, x: t.reshape(s, (6,)),
    "concat": lambda s, x: t.concat([x, s]),
    "astype": lambda s, x: t.astype(s, t.float64),
    "where": lambda s, x: t.where(x > 0, s, x),
}


@pytest.mark.parametrize("layout", MAKERS)
def test_repr_names_the_layout(layout: str) -> None:
    x = MAKERS[layout](t.ones((2, 3)))
    shape = "" if layout == "nested" else ", shape=(2, 3)"
    expected = f"Tensor(<{layout}>{shape}, dtype=float32, device='cpu', backend='ffi')"
    assert repr(x) == str(x) == expected


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("layout", MAKERS)
def test_operation_on_memory_is_refused_by_the_name_of_the_layout(layout: str, case: str) -> None:
    x = t.ones((2, 3))
    before = settled()
    s = MAKERS[layout](x)
    with pytest.raises((ValueError, BufferError), match=f"layout {layout}|nested") as caught:
        REFUSED[case](s, x)
    assert "to_dense" in str(caught.value) or "unbind" in str(caught.value)
    del s, caught
    assert settled() == before
    np.testing.assert_array_equal(x.numpy(), np.ones((2, 3), np.float32))


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc", "mkldnn"])
def test_layout_goes_back_and_forth_by_name(layout: str) -> None:
    x = t.reshape(t.arange(6.0), (2, 3))
    s = MAKERS[layout](x)
    assert (s.shape, s.dtype, s.device, s.ndim) == ((2, 3), t.float32, "cpu", 2)
    np.testing.assert_array_equal(ops.aten.to_dense(s).numpy(), x.numpy())


def test_parts_of_a_nested_tensor_are_strided() -> None:
    first, second = ops.aten.unbind(MAKERS["nested"](t.ones((2, 3))))
    assert (first.shape, second.shape) == ((2, 3), (1, 3))


def test_empty_mkldnn_weight_is_refused() -> None:
    weight = ops.aten.to_mkldnn(t.ones((0, 3)))
    with pytest.raises(ValueError, match="mkldnn"):
        t.nn.linear(t.ones((2, 3)), weight)
