"""The names of the original three-tier interface."""

from __future__ import annotations

import numpy as np
import pytest

import torchffi as t
from tests.support import check, python


@pytest.mark.parametrize("dims", [(), (0,), (3,), (2, 3), [2, 3]])
def test_zeros_ones_and_randn_make_float32(dims, backend: str) -> None:  # type: ignore[no-untyped-def]
    check(t.torch_zeros(dims), np.zeros(dims, "float32"))
    check(t.torch_ones(dims), np.ones(dims, "float32"))
    x = t.torch_randn(dims)
    assert (x.dtype, x.shape, x.backend) == (t.float32, tuple(dims), backend)


def test_methods_compute(backend: str) -> None:
    a = np.array([[-1.0, 2.0], [3.0, -4.0]], "float32")
    x = t.from_numpy(a)
    check(x.add(x), a + a)
    check(x.mul(x), a * a)
    check(x.matmul(x), a @ a)
    check(x.relu(), np.maximum(a, 0))
    check(x.sigmoid(), 1 / (1 + np.exp(-a)))
    check(x.tanh(), np.tanh(a))
    assert (x.numel(), x.ndim, x.shape) == (4, 2, (2, 2))
    assert x.is_cuda() is False
    assert x.cpu() is x


def test_version_and_availability_with_libtorch(ffi_backend: None, torch) -> None:  # type: ignore[no-untyped-def]
    assert t.torch_available() is True
    assert t.torch_version() == torch.__version__.partition("+")[0]
    assert t.torch_cuda_available() is torch.cuda.is_available()
    assert t.get_backend() == "ffi"


def test_version_and_availability_without_libtorch() -> None:
    printed = python(
        """
        import torchffi as t
        print(t.torch_available(), repr(t.torch_version()), t.torch_cuda_available(), t.get_backend())
        print(t.auto_detect_device(), t.get_num_threads(), t.memory_stats())
        t.set_num_threads(2)
        """,
        LIBTORCH="/nowhere",
        TORCHFFI_BACKEND="auto",
    )
    first, second = printed.splitlines()
    assert first == "False '' False numpy"
    names = ("live_handles", "peak_handles", "created_handles", "live_bytes", "borrowed_arrays")
    assert second == f"cpu 1 {dict.fromkeys(names, 0)}"
