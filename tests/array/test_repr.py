"""repr() of tensors."""

from __future__ import annotations

from typing import Any

import pytest

import torchffi as t
from tests.support import NAMES, dtype_of, inf, nan
from torchffi import dtypes

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.5, -2.0], "Tensor([ 1.5, -2. ], dtype=float32, device='cpu', backend={0!r})"),
        (
            [[1, 2], [3, 4]],
            "Tensor([[1, 2],\n        [3, 4]], dtype=int64, device='cpu', backend={0!r})",
        ),
        (True, "Tensor(True, dtype=bool, device='cpu', backend={0!r})"),
        (1j, "Tensor(0.+1.j, dtype=complex64, device='cpu', backend={0!r})"),
        ([], "Tensor([], shape=(0,), dtype=float32, device='cpu', backend={0!r})"),
        ([nan, inf], "Tensor([nan, inf], dtype=float32, device='cpu', backend={0!r})"),
    ],
)  # fmt: skip
def test_repr_shows_values_dtype_device_and_backend(
    values: Any, expected: str, backend: str
) -> None:
    assert repr(t.asarray(values)) == str(t.asarray(values)) == expected.format(backend)


def test_repr_of_every_dtype_names_it(backend: str) -> None:
    for name in NAMES:
        assert f"dtype={name}" in repr(t.ones((2, 2), dtype=dtype_of(name)))


def test_repr_of_bfloat16_shows_the_values(ffi_backend: None) -> None:
    expected = "Tensor([1. , 0.5], dtype=bfloat16, device='cpu', backend='ffi')"
    assert repr(t.asarray([1.0, 0.5], dtype=dtypes.bfloat16)) == expected


def test_repr_of_a_large_tensor_shows_its_edges_and_shape(backend: str) -> None:
    text = repr(t.zeros((1000, 1000)))
    assert len(text) < 1000
    assert "..." in text
    assert "shape=(1000, 1000)" in text


def test_repr_of_a_freed_tensor_shows_that_it_is_freed(backend: str) -> None:
    x = t.ones(2)
    t.tensor_free(x)
    assert repr(x) == "Tensor(<freed>)"


@pytest.mark.parametrize(
    ("value", "spec"),
    [(1.555, ".2f"), (7, "04d"), (7, "x"), (-2.5, "+.1e"), (True, "d"), (1j, ".1f")],
)
def test_a_0d_tensor_is_formatted_as_its_value(value: Any, spec: str, backend: str) -> None:
    dtype = t.float64 if isinstance(value, float) else t.complex128 if value == 1j else None
    assert format(t.asarray(value, dtype=dtype), spec) == format(value, spec)


def test_format_without_a_specification_is_that_of_numpy(backend: str) -> None:
    for value in (1.1, 7, True, 1j):
        x = t.asarray(value)
        assert f"{x}" == f"{x.numpy()}"
    assert f"{t.ones(2)}" == repr(t.ones(2))
    with pytest.raises(TypeError, match=r"format: shape \(2,\) has no format '.2f'"):
        format(t.ones(2), ".2f")
    freed = t.ones(())
    t.tensor_free(freed)
    assert f"{freed}" == "Tensor(<freed>)"


def test_gradients_are_shown(ffi_backend: None) -> None:
    x = t.ones(2).requires_grad_()
    assert repr(x).endswith("backend='ffi', requires_grad=True)")
    assert repr(x * 2).endswith("backend='ffi', grad_fn=<MulBackward0>)")
    assert repr(x.detach()).endswith("backend='ffi')")
