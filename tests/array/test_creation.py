"""Creation functions, on both backends, compared with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, INTEGERS, NAMES, check, dtype_of, inf, nan, sample

pytestmark = pytest.mark.filterwarnings("error")

SHAPES = [(), (0,), (3,), (2, 3), (2, 0, 4)]
CUDA_CASES: list[Callable[..., Any]] = [
    lambda device: t.empty(2, device=device),
    lambda device: t.zeros(2, device=device),
    lambda device: t.ones(2, device=device),
    lambda device: t.full(2, 3, device=device),
    lambda device: t.eye(2, device=device),
    lambda device: t.arange(2, device=device),
    lambda device: t.linspace(0, 1, 2, device=device),
    lambda device: t.rand(2, device=device),
    lambda device: t.randn(2, device=device),
    lambda device: t.zeros_like(t.ones(2), device=device),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_zeros_ones_full_and_empty_have_the_shape_and_dtype(
    name: str, shape: tuple[int, ...], backend: str
) -> None:
    dtype = dtype_of(name)
    check(t.zeros(shape, dtype=dtype), np.zeros(shape, name))
    check(t.ones(shape, dtype=dtype), np.ones(shape, name))
    check(t.full(shape, True if name == "bool" else 7, dtype=dtype), np.full(shape, 7, name))
    empty = t.empty(shape, dtype=dtype)
    assert (empty.shape, empty.dtype, empty.backend) == (shape, dtype, backend)


@pytest.mark.parametrize("name", NAMES)
def test_functions_ending_in_like_take_shape_dtype_and_backend_of_the_tensor(
    name: str, backend: str
) -> None:
    x = t.zeros((2, 3), dtype=dtype_of(name))
    with t.use_backend("numpy"):  # the backend of x counts, not the current one
        check(t.zeros_like(x), np.zeros((2, 3), name))
        check(t.ones_like(x), np.ones((2, 3), name))
        check(t.full_like(x, 1), np.full((2, 3), 1, name))
        assert t.empty_like(x).shape == (2, 3)
        assert t.ones_like(x).backend == t.empty_like(x).backend == backend
        check(t.ones_like(x, dtype=t.int16), np.ones((2, 3), "int16"))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "bool"),
        (2**62 + 1, "int64"),
        (1.5, "float32"),
        (1 + 2j, "complex64"),
        (np.bool_(True), "bool"),
        (np.int8(3), "int64"),
        (np.float32(1.5), "float32"),
        (np.float64(1.5), "float32"),
        (np.complex64(1 + 2j), "complex64"),
    ],
)
def test_full_takes_the_default_dtype_of_the_scalars_kind(
    value: Any, name: str, backend: str
) -> None:
    check(t.full((2,), value), np.full((2,), value, name))


@pytest.mark.parametrize(
    ("value", "name"),
    [(300, "uint8"), (-1, "uint64"), (2**63, "int64"), (nan, "int8"), (inf, "int32")],
)
def test_fill_value_out_of_range_is_a_value_error(value: float, name: str, backend: str) -> None:
    with pytest.raises(ValueError, match=f"full: {value} does not fit into {name}"):
        t.full(2, value, dtype=dtype_of(name))
    with pytest.raises(ValueError, match=f"full_like: {value} does not fit into {name}"):
        t.full_like(t.zeros(2, dtype=dtype_of(name)), value)


def test_fill_value_must_be_a_scalar_of_a_kind_that_fits(backend: str) -> None:
    with pytest.raises(TypeError, match="full: expected a scalar, got str"):
        t.full(2, "x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="full: cannot store 1j in float32; use a complex dtype"):
        t.full(2, 1j, dtype=t.float32)
    with pytest.raises(TypeError, match="full_like: expected a scalar, got list"):
        t.full_like(t.zeros(2), [1])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_fill_value_may_be_a_0d_tensor(name: str, backend: str) -> None:
    value = t.asarray(1, dtype=dtype_of(name))
    check(t.full((2,), value), np.ones(2, name))
    check(t.full_like(t.zeros(2, dtype=dtype_of(name)), value), np.ones(2, name))
    check(t.full(2, value, dtype=t.complex128), np.ones(2, "complex128"))
    with pytest.raises(TypeError, match=r"full: expected a scalar, got shape \(1,\)"):
        t.full((2,), t.ones(1))


@pytest.mark.parametrize("name", INTEGERS)
def test_fill_value_of_an_integer_dtype_loses_its_fraction(name: str, backend: str) -> None:
    check(t.full(2, 2.75, dtype=dtype_of(name)), np.array([2, 2], name))
    check(t.full(2, -0.5, dtype=dtype_of(name)), np.array([0, 0], name))
    largest = np.iinfo(name).max
    check(t.full(2, largest, dtype=dtype_of(name)), np.array([largest, largest], name))
    with pytest.raises(ValueError, match=f"full: .* does not fit into {name}"):
        t.full(2, t.asarray(2.0**64, dtype=t.float64), dtype=dtype_of(name))


@pytest.mark.parametrize("k", [-5, -2, 0, 1, 3, 9])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2), (0, 3), (1, 1)])
def test_eye_puts_ones_on_the_diagonal(shape: tuple[int, int], k: int, backend: str) -> None:
    check(t.eye(*shape, k=k), np.eye(*shape, k=k, dtype="float32"))


@pytest.mark.parametrize("name", NAMES)
def test_eye_and_arange_make_every_dtype(name: str, backend: str) -> None:
    check(t.eye(2, 3, dtype=dtype_of(name)), np.eye(2, 3, dtype=name))
    if name not in ("bool", *COMPLEX):
        check(t.arange(5, dtype=dtype_of(name)), np.arange(5, dtype=name))


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sizes", [(), (3,), (3, 2), (2, 0), (4, 2, 3)])
def test_meshgrid_gives_the_coordinates_of_numpy(
    sizes: tuple[int, ...], indexing: Any, backend: str
) -> None:
    arrays = [
        np.arange(n, dtype=name)
        for n, name in zip(sizes, ("int8", "float64", "uint16"), strict=False)
    ]
    actual = t.meshgrid(*map(t.asarray, arrays), indexing=indexing)
    expected = np.meshgrid(*arrays, indexing=indexing)
    assert isinstance(actual, tuple)
    for ours, theirs, array in zip(actual, expected, arrays, strict=True):
        check(ours, theirs)
        assert np.may_share_memory(ours.numpy(), array) == (theirs.size > 0)  # as PyTorch's
    if min(sizes, default=0) > 1 < len(sizes):
        with pytest.raises(ValueError, match="single memory location"):
            actual[0][...] = 0


def test_meshgrid_takes_vectors(backend: str) -> None:
    with pytest.raises(ValueError, match=r"meshgrid: expected 1-D tensors, got shape \(\)"):
        t.meshgrid(t.ones(()))
    with pytest.raises(ValueError, match="meshgrid: indexing is 'yx', expected 'xy' or 'ij'"):
        t.meshgrid(t.ones(2), indexing="yx")  # type: ignore[arg-type]


@pytest.mark.parametrize("function", ["tril", "triu"])
@pytest.mark.parametrize("name", NAMES)
def test_triangles_are_those_of_numpy(name: str, function: str, backend: str) -> None:
    for shape in ((3, 4), (4, 3), (2, 3, 3), (0, 3), (3, 0)):
        values = np.resize(sample(name, 9), shape)
        for k in (-9, -2, -1, 0, 1, 2, 9):
            actual = getattr(t, function)(t.asarray(values), k=k)
            check(actual, getattr(np, function)(values, k))
    actual = getattr(t, function)(t.ones((2, 2)), k=10**30)
    check(actual, np.ones((2, 2), "float32") * (function == "tril"))


@pytest.mark.parametrize("function", ["tril", "triu"])
def test_triangles_need_a_matrix(function: str, backend: str) -> None:
    with pytest.raises(ValueError, match=rf"{function}: shape \(3,\) has fewer than 2 axes"):
        getattr(t, function)(t.ones(3))


@pytest.mark.parametrize("function", [t.empty, t.zeros, t.ones, t.rand, t.randn])
def test_shapes_are_integers_that_are_not_negative(function: Any, backend: str) -> None:
    assert function(3).shape == (3,)
    assert function([2, 3]).shape == (2, 3)
    assert function((np.int64(2), t.asarray(3))).shape == (2, 3)
    assert function(2).dtype is t.float32
    with pytest.raises(ValueError, match=r"shape \(2, -1\) has a negative dimension"):
        function((2, -1))
    with pytest.raises(
        TypeError, match=r"shape must be an int or a sequence of ints, got \(2, 1.5\)"
    ):
        function((2, 1.5))
    with pytest.raises(TypeError, match=r"shape must be an int or a sequence of ints, got 2.0"):
        function(2.0)
    with pytest.raises(ValueError, match="65 axes, expected at most 64"):
        function((1,) * 65)


def test_64_axes_are_accepted(backend: str) -> None:
    shape = (1,) * 63 + (2,)
    x = t.ones(shape)
    assert x.shape == shape
    assert (x + x).numpy().shape == shape


@pytest.mark.parametrize("shape", [(2**50,), (2**25, 2**25), (2**61,)])
def test_a_size_beyond_all_memory_is_an_error(shape: tuple[int, ...], backend: str) -> None:
    with pytest.raises((MemoryError, ValueError)) as raised:
        t.ones(shape)
    assert isinstance(raised.value, t.TorchError)


@pytest.mark.parametrize("case", range(len(CUDA_CASES)))
def test_cuda_without_a_gpu_is_unavailable(case: int, backend: str) -> None:
    if t.torch_cuda_available() and backend == "ffi":
        assert CUDA_CASES[case]("cuda").device == "cuda:0"
        return
    with pytest.raises(t.UnavailableError, match="CUDA"):
        CUDA_CASES[case]("cuda:0")


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", "", 0])
def test_unknown_device_is_a_value_error_that_shows_valid_devices(
    device: Any, backend: str
) -> None:
    with pytest.raises(ValueError, match=f"device is {device!r}, expected 'cpu' or 'cuda:0'"):
        t.zeros(2, device=device)
