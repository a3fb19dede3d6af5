"""Attributes, Python protocols, copies and pickles of tensors."""

from __future__ import annotations

import copy
import itertools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import NAMES, dtype_of, inf, nan, python, sample
from torchffi import dtypes

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4)])
@pytest.mark.parametrize("name", NAMES)
def test_properties_are_those_of_the_array(name: str, shape: tuple[int, ...], backend: str) -> None:
    array = np.ones(shape, name)
    x = t.asarray(array)
    assert x.shape == shape
    assert x.ndim == array.ndim
    assert x.size == x.numel() == array.size
    assert x.dtype is dtype_of(name)
    assert x.itemsize == array.itemsize
    assert x.nbytes == array.nbytes
    assert x.device == "cpu"
    assert x.backend == backend
    assert x.is_cuda() is False
    assert x.is_contiguous()


def test_strides_count_elements(backend: str) -> None:
    x = t.ones((2, 3, 4))
    assert x.strides == (12, 4, 1)
    assert x.mT.strides == (12, 1, 4)
    assert x[:, ::2].strides == (12, 8, 1)


def test_tensor_on_the_cpu_is_itself_there(backend: str) -> None:
    x = t.ones(2)
    assert x.cpu() is x
    assert x.to_device("cpu") is x
    if not t.torch_cuda_available():
        for move in (x.cuda, lambda: x.to_device("cuda:0")):
            with pytest.raises(t.UnavailableError, match="CUDA"):
                move()
    with pytest.raises(ValueError, match="device is 'tpu', expected 'cpu' or 'cuda:0'"):
        x.to_device("tpu")


def test_transposes_need_two_axes(backend: str) -> None:
    with pytest.raises(ValueError, match=r"T: shape \(2, 3, 4\), expected 2 axes; use mT"):
        t.ones((2, 3, 4)).T  # noqa: B018
    with pytest.raises(ValueError, match=r"matrix_transpose: shape \(3,\) has fewer than 2 axes"):
        t.ones(3).mT  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_item_and_tolist_give_python_scalars(name: str, backend: str) -> None:
    values = sample(name, 6).reshape(2, 3)
    x = t.asarray(values)
    assert x.tolist() == values.tolist()
    assert x[0, 0].item() == values[0, 0].item()
    assert type(x[0, 0].item()) is type(values[0, 0].item())
    assert x[:1, :1].item() == values[0, 0].item()


@pytest.mark.parametrize(
    ("name", "value"),
    [("int64", -(2**63)), ("int64", 2**63 - 1), ("uint64", 2**64 - 1), ("uint32", 2**32 - 1),
     ("float64", 1 / 3), ("complex128", 1 / 3 - 2j / 3), ("bool", True), ("float32", -0.0)],
)  # fmt: skip
def test_item_keeps_every_digit(name: str, value: Any, backend: str) -> None:
    x = t.asarray(np.array(value, name))
    assert x.item() == value
    assert str(x.item()) == str(np.array(value, name).item())


@pytest.mark.parametrize("shape", [(0,), (2,), (2, 3)])
@pytest.mark.parametrize("convert", [t.Tensor.item, bool, int, float, complex])
def test_only_one_element_is_a_scalar(convert: Any, shape: tuple[int, ...], backend: str) -> None:
    with pytest.raises(ValueError, match=r"elements, expected exactly one") as raised:
        convert(t.ones(shape))
    assert isinstance(raised.value, t.TorchError)
    assert str(shape) in str(raised.value)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_conversions_to_python_scalars(shape: tuple[int, ...], backend: str) -> None:
    x = t.full(shape, 2.5)
    assert (bool(x), int(x), float(x), complex(x)) == (True, 2, 2.5, 2.5 + 0j)
    assert not t.full(shape, 0)
    assert bool(t.full(shape, nan))
    assert complex(t.full(shape, 1 + 2j)) == 1 + 2j
    assert [10, 20, 30][t.full(shape, 1)] == 20
    assert range(t.full(shape, 3)) == range(3)


@pytest.mark.parametrize(
    ("value", "convert", "error"),
    [
        (nan, int, ValueError),
        (inf, int, OverflowError),
        (1j, float, TypeError),
        (1j, int, TypeError),
    ],
)
def test_impossible_conversions_are_pythons_errors(
    value: Any, convert: Any, error: type[Exception], backend: str
) -> None:
    with pytest.raises(error):
        convert(t.asarray(value))


def test_only_integers_are_an_index(backend: str) -> None:
    with pytest.raises(TypeError, match="index: expected an integer tensor, got float32"):
        [1, 2][t.asarray(1.0)]  # type: ignore[call-overload]


def test_len_and_iteration_go_over_the_first_axis(backend: str) -> None:
    x = t.asarray([[1, 2], [3, 4], [5, 6]])
    assert len(x) == 3
    assert [row.tolist() for row in x] == [[1, 2], [3, 4], [5, 6]]
    first, *_ = x
    first += 10
    assert x[0].tolist() == [11, 12]
    assert list(t.zeros((0, 2))) == []
    for function in (len, iter, list):
        with pytest.raises(TypeError, match=r"len\(\) of a 0-d tensor"):
            function(t.asarray(1))  # type: ignore[operator]


@pytest.mark.parametrize("rows", [0, 1, 64, 65, 200])
def test_iteration_gives_views_of_all_rows_in_order(rows: int, backend: str) -> None:
    x = t.reshape(t.arange(2 * rows), (rows, 2))
    for i, row in enumerate(x):
        assert row.tolist() == [2 * i, 2 * i + 1]
        row += 1
    assert x.tolist() == [[2 * i + 1, 2 * i + 2] for i in range(rows)]
    assert next(iter(t.ones((100, 0)))).shape == (0,)
    with pytest.raises(TypeError, match="0-d"):
        iter(t.asarray(1.0))


def test_in_searches_for_an_equal_element(backend: str) -> None:
    x = t.asarray([[1, 2], [3, 4]])
    assert 3 in x
    assert 5 not in x
    assert t.asarray(4) in x
    assert nan not in t.asarray([nan])


@pytest.mark.parametrize("name", [d.name for d in dtypes.ALL])
def test_pickle_restores_the_values(name: str, backend: str) -> None:
    if name == "bfloat16" and backend == "numpy":
        return
    x = t.asarray([[1, 0, 3], [4, 5, 6]]).astype(dtype_of(name))
    tensors, protocols = (x, x.T[1:], x[:0], x[0, 0]), range(2, pickle.HIGHEST_PROTOCOL + 1)
    for tensor, protocol in itertools.product(tensors, protocols):
        back = pickle.loads(pickle.dumps(tensor, protocol))
        assert (back.dtype, back.shape, back.backend) == (tensor.dtype, tensor.shape, backend)
        assert back.tolist() == tensor.tolist()
        assert back.is_contiguous()


def test_pickle_of_one_backend_is_read_on_the_other(ffi_backend: None) -> None:
    data = pickle.dumps(t.asarray([1.5, 2.5]))
    with t.use_backend("numpy"):
        back = pickle.loads(data)
    assert (back.backend, back.tolist()) == ("numpy", [1.5, 2.5])


def test_pickle_keeps_bits(backend: str) -> None:
    values = np.array([nan, -0.0, inf, 5e-324], "float64")
    assert pickle.loads(pickle.dumps(t.asarray(values))).numpy().tobytes() == values.tobytes()


def test_truncated_pickle_is_an_error(backend: str) -> None:
    restore, (data, *rest) = t.ones(4).__reduce__()
    with pytest.raises(ValueError, match="from_"):
        restore(data[:-1], *rest)


@pytest.mark.parametrize("function", [copy.copy, copy.deepcopy, t.Tensor.clone])
def test_copies_have_memory_of_their_own(function: Any, backend: str) -> None:
    x = t.asarray([[1, 2, 3], [4, 5, 6]]).T[1:]
    y = function(x)
    x += 1
    assert y.tolist() == [[2, 5], [3, 6]]
    assert (y.backend, y.dtype) == (backend, t.int64)


def test_tensor_is_made_by_functions_only(backend: str) -> None:
    with pytest.raises(TypeError, match=r"cannot be instantiated; use torchffi.asarray\(\)"):
        t.Tensor()


def test_unknown_attribute_is_an_attribute_error(backend: str) -> None:
    x = t.ones(2)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        x.nonsense  # noqa: B018
    with pytest.raises(AttributeError):
        x.nonsense = 1  # type: ignore[attr-defined]
    for name in ("shape", "dtype", "ndim", "backend", "device"):
        with pytest.raises(AttributeError):
            setattr(x, name, None)


def test_shape_and_dtype_cannot_be_changed_through_the_array(backend: str) -> None:
    array = np.zeros((2, 3))
    x = t.from_numpy(array)
    exported = x.numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        array.shape = (3, 2)
        exported.shape = (6,)
        exported.dtype = np.dtype("int64")
    assert x.shape == x.numpy().shape == (2, 3)
    assert x.numpy().dtype == np.float64


def test_public_names_are_listed_and_carry_no_handles() -> None:
    assert {"Tensor", "asarray", "nn", "tensor_free", "diagnose", "float32"} <= set(t.__all__)
    assert not [name for name in t.__all__ if "handle" in name.lower() and name != "HandleError"]
    public = [name for name in dir(t.Tensor) if not name.startswith("_")]
    assert not [name for name in public if "handle" in name or "pointer" in name or "ptr" in name]


def test_constants_are_those_of_the_standard() -> None:
    assert (t.e, t.pi) == (np.e, np.pi)
    assert t.inf == inf
    assert t.nan != t.nan
    assert t.newaxis is None


def test_importing_opens_no_library_and_imports_no_torch() -> None:
    python("""
        import sys, torchffi
        assert "torch" not in sys.modules
        assert "libtorch" not in open("/proc/self/maps").read()
        torchffi.zeros
    """)


def test_numpy_backend_opens_no_library() -> None:
    python(
        """
        import torchffi
        assert torchffi.ones(3).sum().item() == 3
        assert "libtorch" not in open("/proc/self/maps").read()
        """,
        TORCHFFI_BACKEND="numpy",
    )


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bfloat16"])
def test_float_is_the_value_or_an_error_that_says_why(name: str, backend: str) -> None:
    x = t.asarray(sample(name, 3))
    if name.startswith("complex"):
        with pytest.raises(TypeError):
            float(x[0])
        return
    assert [float(x[i]) for i in range(3)] == [float(value) for value in x.numpy()]
    with pytest.raises(ValueError, match=r"float: shape \(3,\) has 3 elements"):
        float(x)


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e300, 5e-324])
def test_float_of_extreme_values(value: float, backend: str) -> None:
    assert repr(float(t.asarray(value, dtype=t.float64))) == repr(value)
    whole = t.asarray(2**63 + 2**10 + 1, dtype=t.uint64)
    assert float(whole) == float(2**63 + 2**10 + 1)
