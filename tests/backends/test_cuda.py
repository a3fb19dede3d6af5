"""CUDA: devices and transfers with a GPU, and clear errors without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi._libtorch.loader import lib

pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.fixture
def gpu(ffi_backend: None) -> str:
    if not t.torch_cuda_available():
        pytest.skip(f"CUDA test: {t.diagnose()['cuda_reason']}")
    return "cuda:0"


@pytest.fixture
def no_gpu(ffi_backend: None) -> None:
    if t.torch_cuda_available():
        pytest.skip("CUDA test: this machine has a GPU")


def test_detected_device_is_one_that_works() -> None:
    device = t.auto_detect_device()
    assert device == ("cuda:0" if t.torch_cuda_available() else "cpu")
    assert t.zeros(2, device=device).device == device


def test_without_a_gpu_availability_and_count_are_0_with_a_reason(no_gpu: None) -> None:
    assert lib.rt_torch_cuda_available() == 0
    assert lib.rt_torch_cuda_device_count() == 0
    assert "CUDA" in t.diagnose()["cuda_reason"]


def test_without_a_gpu_every_move_is_an_error_with_the_reason(no_gpu: None) -> None:
    x = t.zeros(2)
    for move in (x.cuda, lambda: x.to_device("cuda"), lambda: t.zeros(2, device="cuda:0")):
        with pytest.raises(t.UnavailableError, match=r"CUDA is not available: .*LibTorch"):
            move()
    assert lib.rt_torch_tensor_cuda(x._data, 0) == 0


def test_numpy_has_no_cuda(numpy_backend: None) -> None:
    with pytest.raises(t.UnavailableError, match="NumPy backend has no CUDA"):
        t.zeros(2, device="cuda:0")
    with pytest.raises(t.UnavailableError, match="NumPy backend has no CUDA"):
        t.zeros(2).cuda()


@pytest.mark.parametrize("device", ["gpu", "cuda:-1", "cuda:x", "", 0])
def test_unknown_device_is_named(device: str) -> None:
    with pytest.raises(ValueError, match=r"expected 'cpu' or 'cuda:0'"):
        t.zeros(2, device=device)


def test_tensor_moves_to_the_gpu_and_back(gpu: str) -> None:
    x = t.arange(6).reshape(2, 3)
    there = x.cuda()
    assert (there.device, there.is_cuda(), there.backend) == (gpu, True, "ffi")
    assert there.cuda() is there
    np.testing.assert_array_equal(there.cpu().numpy(), x.numpy())
    with pytest.raises(TypeError, match=r"cpu\(\)"):
        there.numpy()


def test_operations_stay_on_the_gpu(gpu: str) -> None:
    x = t.ones((2, 3), device=gpu)
    y = (x @ x.T + 1) * 2
    assert y.device == gpu
    np.testing.assert_array_equal(y.cpu().numpy(), np.full((2, 2), 8, "float32"))
    assert "device='cuda:0'" in repr(y)


def test_memory_on_the_gpu_is_exchanged_by_dlpack(gpu: str, torch: Any) -> None:
    x = t.ones(3, device=gpu)
    assert x.__dlpack_device__() == (2, 0)
    theirs = torch.from_dlpack(x)
    theirs += 1
    back = t.from_dlpack(theirs)
    back += 1
    torch.cuda.synchronize()
    assert x.cpu().tolist() == theirs.tolist() == [3, 3, 3]
    for stream in (None, -1, 1, 2, torch.cuda.current_stream().cuda_stream or 1):
        x.__dlpack__(stream=stream)
    assert x.__dlpack__(dl_device=(2, 0)) is not None
    host = np.from_dlpack(x, device="cpu")
    assert host.tolist() == [3, 3, 3]
    assert t.from_dlpack(theirs, device="cpu").tolist() == [3, 3, 3]
    assert t.from_dlpack(np.ones(3), device=gpu).device == gpu
    assert t.asarray(theirs).device == gpu
    with t.use_backend("numpy"):
        assert t.from_dlpack(x, device="cpu").tolist() == [3, 3, 3]
        with pytest.raises(t.UnavailableError, match="device='cpu' copies"):
            t.from_dlpack(x)
    for refused in (
        lambda: x.__dlpack__(dl_device=(1, 0), copy=False),
        lambda: x.__dlpack__(dl_device=(2, 1)),
        lambda: t.from_dlpack(x, device="cpu", copy=False),
        lambda: t.from_dlpack(np.ones(3), device=gpu, copy=False),
    ):
        with pytest.raises(BufferError):
            refused()


def test_a_device_beyond_the_last_one_is_refused(gpu: str) -> None:
    with pytest.raises(ValueError, match="CUDA device 99 of"):
        t.zeros(2, device="cuda:99")
