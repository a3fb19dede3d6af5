"""The methods of Tensor that are operators of ATen do what PyTorch's methods of that name do."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import torchffi
from tests import operator_samples as samples
from tests.backends.test_ops_compared import accepted, plain
from torchffi import Tensor
from torchffi._aten.methods.at_first_use import NAMES
from torchffi._aten.numpy_table import TABLE

# PyTorch's methods that are operators of ATen, but not methods here.
LEFT_OUT = {
    "change the memory of a tensor": """
        resize resize_ resize_as resize_as_ resize_as_sparse_ sparse_resize_ sparse_resize_and_clear_
        set_ record_stream pin_memory is_pinned is_set_to
    """,
    "are of quantized tensors": """
        q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qscheme
        int_repr dequantize
    """,
    "return dtypes that torchffi lacks": "chalf",
    "have other arguments than the operator": "unique_consecutive stft istft polygamma index",
    "are of layouts for some processors, or for internal use": """
        unsafe_chunk unsafe_split unsafe_split_with_sizes hash_tensor smm sspaddmm slice_inverse
        to_padded_tensor to_mkldnn is_distributed
    """,
}
# Their results are random, uninitialized memory, or of kinds of tensors that the samples do not have.
NOT_COMPARED = {
    "as_strided", "as_strided_", "as_strided_scatter", "bernoulli", "bernoulli_", "cauchy_",
    "ccol_indices", "coalesce", "col_indices", "crow_indices", "exponential_", "geometric_", "geqrf",
    "indices", "log_normal_", "lu_solve", "multinomial", "new_empty", "new_empty_strided",
    "nonzero_static", "orgqr", "ormqr", "qr", "random_", "row_indices", "sparse_dim", "sparse_mask",
    "svd", "to_dense", "to_sparse", "to_sparse_bsc", "to_sparse_bsr", "to_sparse_csc",
    "to_sparse_csr", "values", "is_coalesced", "dense_dim",
}  # fmt: skip

# Those for which the samples have no arguments.
CALLS = [
    "m.addbmm(c, c)", "m.clone().addbmm_(c, c)", "v.addmv(m, v)", "v.clone().addmv_(m, v)",
    "c.baddbmm(c, c, beta=0.5)", "c.clone().baddbmm_(c, c)", "i.bincount()", "i.bincount(minlength=5)",
    "m.clip(0.5, 2.0)", "m.clip(max=v)", "m.clone().clip_(min=1.0)", "m.double().float_power_(2)",
    "m.index_copy(1, i, c[0])", "m.index_reduce(1, i, c[0], 'mean')",
    "m.clone().index_reduce_(1, i, c[0], 'amax', include_self=False)",
]  # fmt: skip
WRITTEN = {re.findall(r"\.(\w+)\(", call)[-1] for call in CALLS}


def test_pytorchs_methods_that_are_operators_are_here(ffi_backend: None, torch: Any) -> None:
    left_out = {name for names in LEFT_OUT.values() for name in names.split()}
    operators = {schema.name.removeprefix("aten::").partition(".")[0] for schema in samples.aten()}
    theirs = {
        name
        for name in set(dir(torch.Tensor)) & operators
        if not name.startswith("_") and callable(getattr(torch.Tensor, name))
    }
    assert {name for name in theirs if not hasattr(Tensor, name)} == left_out
    assert set(NAMES) <= theirs


def of_self(name: str) -> list[Any]:
    """The overloads of a method: operators whose first parameter is the tensor."""
    found = []
    for schema in samples.aten():
        base = schema.name.removeprefix("aten::").partition(".")[0]
        first = schema.parameters[:1]
        new = not any(p.written and p.by_name_only for p in schema.parameters)
        if (
            base == name
            and new
            and first
            and first[0].name == "self"
            and first[0].type.name == "Tensor"
        ):
            found.append(schema)
    return found


def calls(torch: Any, name: str) -> list[tuple[Any, Any]]:
    found = []
    for schema in of_self(name):
        if not samples.skipped(schema.name) and (taken := accepted(torch, schema)) is not None:
            found.append(taken[:2])
    return found


def called(name: str, given: tuple[Any, Any], make: Any, dtypes: Any) -> Any:
    (x, *arguments), named = samples.made(list(given), make, dtypes)
    return getattr(x, name)(*arguments, **named)


@pytest.mark.parametrize("name", sorted(set(NAMES) - NOT_COMPARED - WRITTEN))
def test_results_are_those_of_pytorchs_method(name: str, backend: str, torch: Any) -> None:
    with torchffi.use_backend("ffi"):  # which knows the schemas
        given = calls(torch, name)
    assert given
    on_numpy = any(key.partition(".")[0] == name for key in TABLE)
    compared = 0
    for one in given:
        try:
            expected = called(name, one, lambda array: torch.from_numpy(array.copy()), torch)
        except TypeError:  # PyTorch's method lacks this overload
            continue
        compared += 1
        if backend == "numpy" and not on_numpy:
            with pytest.raises(torchffi.UnavailableError, match=f"{name}: only LibTorch has it"):
                called(name, one, torchffi.asarray, torchffi)
            continue
        found = called(name, one, lambda array: torchffi.asarray(array, copy=True), torchffi)
        assert getattr(found, "_fields", None) == _fields(expected)
        pairs = zip(samples.flat(found), plain(torch, expected), strict=True)
        for mine, theirs in pairs:
            if isinstance(theirs, np.ndarray):
                assert isinstance(mine, Tensor)
                np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-6, atol=1e-7, strict=True)
            else:
                assert mine == theirs
                assert type(mine) is type(theirs)
    assert compared


def values(library: Any) -> dict[str, Any]:
    square = np.array([[1.5, -0.5, 2.0], [0.25, 3.0, 1.0], [2.5, 0.75, -1.0]], np.float32)
    arrays = {"m": square, "v": square[0], "c": square[None] + 1, "i": np.array([0, 2, 1])}
    return {name: library.asarray(array.copy()) for name, array in arrays.items()}


@pytest.mark.parametrize("call", CALLS)
def test_results_of_written_calls_are_those_of_pytorch(
    call: str, ffi_backend: None, torch: Any
) -> None:
    mine, theirs = (eval(call, values(library)).numpy() for library in (torchffi, torch))
    np.testing.assert_allclose(mine, theirs, rtol=1e-6, strict=True)


def _fields(result: Any) -> tuple[str, ...] | None:
    """The names of several results in PyTorch."""
    if type(result) is tuple or not isinstance(result, tuple):
        return None
    count = len(result)
    return tuple(
        name
        for position in range(count)
        for name in dir(type(result))
        if not name.startswith("_")
        and not callable(getattr(result, name))
        and getattr(result, name) is result[position]
    )


def test_a_method_is_made_once(backend: str) -> None:
    assert Tensor.lerp is Tensor.lerp
    assert Tensor.lerp.__name__ == "lerp"
    assert "aten::lerp" in Tensor.lerp.__doc__
    x = torchffi.ones(2)
    assert x.sin_() is x


def test_random_methods_write_their_distribution(ffi_backend: None) -> None:
    x = torchffi.zeros(20_000)
    torchffi.manual_seed(0)
    assert x.bernoulli_(0.25) is x
    assert abs(float(x.mean()) - 0.25) < 0.02
    assert abs(float(x.exponential_(2.0).mean()) - 0.5) < 0.02
    assert float(x.random_(10).max()) == 9
    assert x.new_empty((2, 3)).shape == (2, 3)


def test_decompositions_have_pytorchs_names(ffi_backend: None) -> None:
    x = torchffi.asarray([[4.0, 1.0], [1.0, 3.0]])
    found = x.svd()
    assert found._fields == ("U", "S", "V")
    rebuilt = found.U * found.S
    np.testing.assert_allclose((rebuilt @ found.V.mT).numpy(), x.numpy(), rtol=1e-5)
    q, r = x.qr()
    np.testing.assert_allclose((q @ r).numpy(), x.numpy(), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_properties_are_those_of_pytorch(dtype: str, backend: str, torch: Any) -> None:
    array = (np.arange(6).reshape(2, 3) * (1 + (1j if dtype == "complex64" else 0))).astype(dtype)
    x, y = torchffi.asarray(array), torch.from_numpy(array)
    for name in ("real", "mH", "H", *(["imag"] if dtype == "complex64" else [])):
        theirs = getattr(y, name).resolve_conj().numpy()
        np.testing.assert_array_equal(getattr(x, name).numpy(), theirs, strict=True)
    if dtype == "float32":
        assert x.real is x
        with pytest.raises(TypeError, match="imag"):
            _ = x.imag
    with pytest.raises(ValueError, match="H: expected a matrix"):
        _ = x[None].H
