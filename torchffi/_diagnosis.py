"""Diagnosis: the backend in use and why, memory statistics, and the number of threads."""

from __future__ import annotations

from typing import Any

from torchffi._core import backends, lifetimes
from torchffi._libtorch import loader
from torchffi._libtorch.loader import lib
from torchffi.errors import TorchError

_num_threads = lib.rt_torch_num_threads


def auto_detect_device() -> str:
    """``"cuda:0"`` if CUDA is available, else ``"cpu"``."""
    if loader.load().available and lib.rt_torch_cuda_available():
        return "cuda:0"
    return "cpu"


def diagnose() -> dict[str, Any]:
    """The backend in use, the reason, and every path that was tried for LibTorch and the shim.

    Returns:
        A dict of JSON types: ``backend``, ``reason``, ``libtorch_version``, ``libtorch_path``,
        ``shim_path``, ``shim_built_for``, ``shim_fastpath``, ``abi_version``, ``lifetimes``,
        ``cuda_available``, ``cuda_reason`` and ``probes``, a list of ``{"path": ..., "outcome": ...}``.
        ``backend`` is None if ``TORCHFFI_BACKEND`` names one that cannot be used.
    """
    reason = ""
    try:
        backend = backends.get_backend()
    except TorchError as error:
        backend, reason = "", str(error)
    status = loader.load()
    cuda = status.available and bool(lib.rt_torch_cuda_available())
    return {
        "backend": backend or None,
        "reason": reason or status.reason,
        "libtorch_version": status.libtorch_version,
        "libtorch_path": status.libtorch_path,
        "shim_path": status.shim_path,
        "shim_built_for": status.shim_built_for,
        "shim_fastpath": status.shim_fastpath,
        "abi_version": status.abi_version,
        "lifetimes": lifetimes.implementation(),
        "cuda_available": cuda,
        "cuda_reason": loader.cuda_reason(),
        "probes": [{"path": probe.path, "outcome": probe.outcome} for probe in status.probes],
    }


def memory_stats() -> dict[str, int]:
    """Handles and bytes that LibTorch tensors hold.

    Returns:
        ``live_handles``, ``peak_handles`` and ``created_handles``: counts of handles since the library
        was loaded. ``live_bytes``: bytes of the storages behind live handles, each counted once.
        ``borrowed_arrays``: the number of NumPy arrays whose memory LibTorch borrows. All are 0
        without LibTorch.
    """
    # Before counting handles: dropping the arrays that were given back may free tensors.
    arrays = lifetimes.borrowed_arrays()
    return {
        "live_handles": lib.rt_torch_live_handles(),
        "peak_handles": lib.rt_torch_peak_handles(),
        "created_handles": lib.rt_torch_created_handles(),
        "live_bytes": max(lib.rt_torch_live_bytes(), 0),
        "borrowed_arrays": arrays,
    }


@lifetimes.asking("rt_torch_num_threads")
def get_num_threads() -> int:
    """Number of threads that an operation of LibTorch may use; 1 without LibTorch."""
    threads: int = _num_threads()
    if threads > 0:  # LibTorch is loaded
        return threads
    return int(_num_threads()) if loader.load().available else 1


def set_num_threads(threads: int) -> None:
    """Sets the number of threads that an operation of LibTorch may use, 1 to 1024.

    Without LibTorch it has no effect: NumPy's threads are set by its BLAS library.

    Raises:
        ValueError: For another number.
    """
    from torchffi._libtorch.calls import check_status, with_integers

    if loader.load().available:
        check_status(with_integers(lib.rt_torch_set_num_threads)(threads))
