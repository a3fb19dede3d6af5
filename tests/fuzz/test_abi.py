"""Random sequences of calls of the C ABI do what NumPy does, and lose no handle and no byte."""

from __future__ import annotations

import pytest

from tests.fuzz import shrink
from tests.fuzz.pool import FUNCTIONS
from tests.fuzz.views import TWINS

pytestmark = pytest.mark.usefixtures("ffi_backend")

CALLS = 10_000
# Called by other programs: with NULL, by name, over memory of other libraries, or without a tensor.
OTHERS = {
    "available", "version", "abi_version", "header_digest", "last_error", "cuda_available",
    "cuda_device_count", "cuda_reason", "seed", "num_threads", "set_num_threads", "live_handles",
    "peak_handles", "created_handles", "live_bytes", "operator_find", "operator_schema",
    "operator_names", "call", "call_several", "value_take", "values_free", "load_library",
    "tensor_from_dlpack", "dlpack_free", "synchronize", "tensor_cuda", "tensor_full", "tensor_arange",
    "tensor_arange_real", "tensor_linspace", "tensor_from_blob",
}  # fmt: skip
# Compared with PyTorch in tests/models and tests/packages, and safetensors files with their library.
MODULES = {
    f"module_{name}" for name in (
        "load", "load_data", "free", "methods", "call", "names", "tensors", "train", "training", "to",
        "freeze", "save",
    )
} | {f"safetensors_{name}" for name in ("open", "free", "count", "name", "tensor")}  # fmt: skip
MODULES |= {f"package_{name}" for name in ("load", "free", "spec", "call", "load_constants")}
# Compared with PyTorch in tests/gradients.
GRADIENTS = {
    "tensor_set_requires_grad", "tensor_requires_grad", "tensor_is_leaf", "tensor_grad_fn",
    "tensor_version", "tensor_detach", "tensor_set_data", "tensor_has_grad",
    "tensor_grad_state", "tensor_is_grad", "tensor_grad", "tensor_set_grad", "tensor_retain_grad",
    "grad_enabled", "set_grad_enabled", "backward", "grad", "tensor_add_hook", "tensor_remove_hook",
    "function",
}  # fmt: skip
# Used by the comparison itself.
READ = {
    "tensor_free", "tensor_free_unless_slow", "tensor_ndim", "tensor_numel", "tensor_shape",
    "tensor_strides", "tensor_dtype", "tensor_device", "tensor_is_cuda", "tensor_is_contiguous",
    "tensor_data", "tensor_layout", "tensor_layout_name", "tensor_item", "tensor_item_double",
    "tensor_copy_to_host", "tensor_copy_from_host",
}  # fmt: skip
# Layers and the like, compared with PyTorch in tests/array.
LAYERS = {
    "gelu", "silu", "softmax", "log_softmax", "layer_norm", "linear", "embedding",
    "scaled_dot_product_attention", "tensor_addmm", "tensor_clamp",
    "tensor_vector_norm", "tensor_searchsorted",
}  # fmt: skip


# Linear algebra, Fourier transforms, sets, several views: compared with NumPy and PyTorch elsewhere.
ALGEBRA = {
    f"tensor_{name}" for name in (
        "cholesky", "cross", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_norm", "outer",
        "matrix_power", "matrix_rank", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensordot",
        "trace", "vecdot", "unique_values", "unique_counts", "unique_inverse", "nonzero_numpy",
        "take_along_axis", "repeat_interleave", "unbind", "diff", "empty_like", "dot", "mm", "mv",
        "new_handle", "basic_index", "basic_index_put_", "view",
    )
} | {"broadcast_tensors", "meshgrid"}  # fmt: skip
ALGEBRA |= {
    f"tensor_fft_{name}" for name in (
        "fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fftn", "ifftn", "rfftn", "irfftn", "fftshift",
        "ifftshift", "fftfreq", "rfftfreq",
    )
}  # fmt: skip


def test_every_function_of_the_header_is_drawn_or_listed() -> None:
    groups = [set(TWINS), OTHERS, MODULES, GRADIENTS, READ, LAYERS, ALGEBRA]
    assert set().union(*groups) == set(FUNCTIONS)
    assert sum(map(len, groups)) == len(FUNCTIONS)


def test_random_sequences_do_what_numpy_does() -> None:
    report = shrink.Fuzz().run(CALLS, "0")
    assert report["calls"] >= CALLS
    assert report["compared"] > CALLS / 3
    assert CALLS / 20 < report["failures"] < CALLS / 4
    assert set(report["used"]) == {*TWINS, "tensor_free"}


def test_a_failing_sequence_is_shortened() -> None:
    assert shrink.shorten(list(range(100)), lambda steps: {3, 77} <= set(steps)) == [3, 77]
