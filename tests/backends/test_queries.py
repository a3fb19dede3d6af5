"""What a tensor answers in C: the same as its Python functions, also for freed tensors and arrays."""

from __future__ import annotations

import copy
import functools
import inspect
import math
import operator
import pickle
import threading
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi import errors

PROPERTIES = ("shape", "strides", "ndim", "size", "nbytes", "device", "requires_grad", "is_leaf")
METHODS = ("is_cuda", "is_contiguous", "numel", "dim", "nelement")


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "complex128", "uint16"])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (1, 2, 3, 4, 5)])
def test_answers_are_those_of_numpy(dtype: str, shape: tuple[int, ...], backend: str) -> None:
    array = np.zeros(shape, dtype)
    x = t.asarray(array)
    assert (x.shape, x.ndim, x.size, x.nbytes) == (shape, array.ndim, array.size, array.nbytes)
    assert x.dim() == array.ndim and x.numel() == x.nelement() == array.size
    assert x.device == "cpu" and x.is_cuda() is False and x.is_contiguous() is True
    assert x.requires_grad is False and x.is_leaf is True
    assert x.grad is None and x.grad_fn is None


def test_strides_are_cached_with_the_shape(ffi_backend: None) -> None:
    x, y = t.ones((2, 3)), t.ones((3, 2))
    assert x.strides is x.strides
    assert (x.shape, x.ndim, x.size, x.numel(), x.nbytes) == ((2, 3), 2, 6, 6, 24)
    x.data = t.matrix_transpose(y)
    assert (x.shape, x.strides) == ((2, 3), (1, 2))
    array = x.numpy()
    assert (x.shape, x.strides, array.strides) == ((2, 3), (1, 2), (4, 8))
    t.ops.aten.transpose_(x, 0, 1)
    assert (x.shape, x.strides) == ((3, 2), (2, 1))
    assert x.tolist() == [[1.0, 1.0]] * 3


def test_strides_follow_a_change_in_place(ffi_backend: None) -> None:
    x = t.ones((2, 3))
    assert (x.shape, x.strides) == ((2, 3), (3, 1))
    assert x.shape is x.shape  # cached
    t.ops.aten.t_(x)
    assert (x.shape, x.strides) == ((3, 2), (1, 3))
    assert not x.is_contiguous()
    assert x.contiguous() is not x and x.contiguous().strides == (2, 1)
    x.numpy()
    assert x.shape == (3, 2)


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_of_a_freed_tensor_is_an_error(name: str, ffi_backend: None) -> None:
    x = t.ones(2)
    t.tensor_free(x)
    with pytest.raises(errors.HandleError):
        getattr(x, name)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_a_freed_tensor_is_an_error(name: str, ffi_backend: None) -> None:
    x = t.ones(2)
    t.tensor_free(x)
    with pytest.raises(errors.HandleError):
        getattr(x, name)()


def test_gradients_are_seen_at_once(ffi_backend: None) -> None:
    x = t.ones(2).requires_grad_()
    y = (x * x).sum()
    assert (x.requires_grad, x.is_leaf, x.grad, x.grad_fn) == (True, True, None, None)
    assert y.requires_grad and not y.is_leaf and "Sum" in y.grad_fn.name()
    y.backward()
    assert x.grad is not None and x.grad.tolist() == [2.0, 2.0]
    x.grad = None
    assert x.grad is None
    assert x.detach().requires_grad is False and x.data.requires_grad is False
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None
    assert t.ones(2).requires_grad_().requires_grad_(False).requires_grad is False


def test_a_property_is_set_and_deleted(ffi_backend: None) -> None:
    x = t.ones(2)
    x.requires_grad = True
    x.grad = t.ones(2)
    assert x.requires_grad is True and x.grad is not None and x.grad.tolist() == [1.0, 1.0]
    del x.grad
    assert x.grad is None
    x.data = t.zeros(3)
    assert (x.size, x.nbytes, x.ndim, x.tolist()) == (3, 12, 1, [0.0] * 3)
    for name in ("is_leaf", "grad_fn", "device", "ndim", "size", "nbytes"):
        with pytest.raises(AttributeError):
            setattr(x, name, 1)
        with pytest.raises(AttributeError):
            delattr(x, name)


def test_methods_take_the_arguments_of_the_functions(ffi_backend: None) -> None:
    x = t.ones(2)
    kind = type(x)
    assert x.requires_grad_(requires_grad=False) is x.requires_grad_(False) is x
    assert x.requires_grad_().requires_grad and x.requires_grad_(True).requires_grad
    assert x.requires_grad_(requires_grad=False).requires_grad is False
    wrong: list[Any] = [0, None, "no"]
    for value in wrong:
        with pytest.raises(TypeError):
            x.requires_grad_(value)
    with pytest.raises(ValueError, match="detach it first"):
        (x.requires_grad_() * 2).requires_grad_(False)
    calls: list[Any] = [kind.is_cuda, kind.numel, kind.item, kind.requires_grad_]
    for call in calls:
        with pytest.raises(TypeError):
            call()
        with pytest.raises(TypeError):
            call(x, False, 1)
        with pytest.raises((TypeError, AttributeError)):
            call(5)
        with pytest.raises(TypeError):
            call(x, unknown=1)
    assert x.is_contiguous.__name__ == "is_contiguous" and "gaps" in (x.is_contiguous.__doc__ or "")
    assert list(map(kind.numel, [x, t.ones((2, 2))])) == [2, 4]
    assert getattr(x, "dim")() == kind.dim(x) == 1  # noqa: B009
    assert isinstance(kind.is_leaf, property) and "leaf" in (kind.is_leaf.__doc__ or "")


@pytest.mark.parametrize(
    "name", ["float32", "float64", "bfloat16", "int8", "uint64", "bool", "complex64"]
)
def test_an_item_has_the_type_of_its_dtype(name: str, ffi_backend: None) -> None:
    dtype = getattr(t.dtypes, name)
    x = t.ones((1, 1), dtype=dtype)
    expected = {"bool": bool, "complex": complex, "floating point": float}.get(dtype.kind, int)
    assert type(x.item()) is expected and x.item() == 1
    if expected is int:
        assert type(operator.index(x)) is int
    else:
        with pytest.raises(TypeError):
            operator.index(x)
    with pytest.raises(ValueError, match="expected exactly one"):
        t.ones(2, dtype=dtype).item()


@pytest.mark.parametrize("value", [0.0, -2.5, 2.5, 1e300, float("inf"), float("nan")])
def test_floats_convert_as_python_floats(value: float, backend: str) -> None:
    x = t.asarray(value, dtype=t.float64)
    conversions: list[Any] = [float, bool, complex, int, math.floor, math.ceil, math.trunc]
    for convert in conversions:
        try:
            expected = convert(value)
        except (ValueError, OverflowError) as error:
            with pytest.raises(type(error)):
                convert(x)
        else:
            found = convert(x)
            assert type(found) is type(expected)
            assert found == expected or expected != expected
    assert x.item() == value or value != value


@pytest.mark.parametrize("value", [0, -1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1])
def test_integers_convert_exactly(value: int, backend: str) -> None:
    x = t.asarray(value, dtype=t.int64)
    assert int(x) == operator.index(x) == x.item() == math.floor(x) == value
    assert float(x) == float(value) and bool(x) is bool(value)


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_complex_numbers_convert_to_complex_ones_only(name: str, ffi_backend: None) -> None:
    z = t.asarray([[3.0 - 4.0j]], dtype=getattr(t, name))
    for one in (z, z[0, 0], t.ops.aten._conj(t.conj(z))):  # the last is conjugated when it is read
        assert one.item() == complex(one) == 3 - 4j and bool(one) is True
        assert one.tolist() in (3 - 4j, [[3 - 4j]])
    conversions: list[Any] = [float, int, operator.index, math.floor, math.ceil]
    for convert in conversions:
        with pytest.raises(TypeError):
            convert(z)
    nan = t.asarray(complex(float("nan"), 1.0), dtype=z.dtype).item()
    assert nan.real != nan.real and nan.imag == 1.0


def test_lists_are_those_of_the_elements_in_order(backend: str) -> None:
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    x = t.asarray(array)
    assert x.tolist() == array.tolist()
    assert t.permute_dims(x, (2, 0, 1)).tolist() == array.transpose(2, 0, 1).tolist()
    assert x[:, 1:, ::2].tolist() == array[:, 1:, ::2].tolist()
    for length in (8192, 8193):  # bytes that are copied in C, and more
        bools = np.arange(length) % 3 == 0
        assert t.asarray(bools).tolist() == bools.tolist()
    assert t.zeros((2, 0, 3)).tolist() == [[], []]


def test_contents_of_a_freed_tensor_are_an_error(ffi_backend: None) -> None:
    x = t.ones(())
    t.tensor_free(x)
    conversions: list[Any] = [float, int, bool, complex, math.floor, type(x).item, type(x).tolist]
    for convert in conversions:
        with pytest.raises(errors.HandleError):
            convert(x)


def test_functions_that_ask_are_known_by_their_names(ffi_backend: None) -> None:
    asking: list[Any] = [t.is_grad_enabled, t.get_num_threads]
    for function in asking:
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.copy(function) is function and copy.deepcopy(function) is function
        assert not inspect.signature(function).parameters
        assert function.__doc__ and function.__module__.startswith("torchffi.")
        assert repr(function).startswith("<function ")
        for arguments, named in (((1,), {}), ((), {"unknown": 1})):
            with pytest.raises(TypeError):
                function(*arguments, **named)
        assert function() == function(*(), **{}) == functools.partial(function)()


def test_functions_that_ask_know_the_state(ffi_backend: None) -> None:
    assert t.is_grad_enabled() is True
    with t.no_grad():
        assert t.is_grad_enabled() is False
        found: list[bool] = []
        thread = threading.Thread(target=lambda: found.append(t.is_grad_enabled()))
        thread.start()
        thread.join()
        assert found == [True]
    before = t.get_num_threads()
    try:
        for threads in (3, 1):
            t.set_num_threads(threads)
            assert t.get_num_threads() == threads
    finally:
        t.set_num_threads(before)


def test_detached_tensors_share_memory_and_the_version(ffi_backend: None) -> None:
    x = t.ones(3)
    y = x.detach()
    y[0] = 5.0
    assert x.tolist() == [5.0, 1.0, 1.0]
    w = t.ones(3).requires_grad_()
    z = w * 2
    loss = (z * z).sum()
    z.detach()[0] = 7.0
    with pytest.raises(errors.TorchError):  # the saved z was overwritten
        loss.backward()


@pytest.mark.parametrize(
    "make",
    [
        lambda: t.ops.aten.sum.dim_IntList(t.ones((2, 3)), [0]),
        lambda: t.sum(t.ones((2, 3)), axis=0),
        lambda: t.concat([t.ones(2), t.ones(1)]),
        lambda: t.ops.aten.cumsum.default(t.ones(3), 0),
    ],
)
def test_a_view_of_a_result_knows_its_base(make: Any, ffi_backend: None) -> None:
    """Results are made outside of autograd's books; views of them are in it."""
    base = make()
    view = base[1:]
    base.requires_grad_()
    with pytest.raises(errors.TorchError, match="a view of a leaf Variable that requires grad"):
        view *= 2.0
    other = make()
    part = other[1:]
    w = t.ones(2).requires_grad_()
    loss = (w * part).sum()
    other *= 3.0  # part was saved for the gradient
    with pytest.raises(errors.TorchError, match="modified by an inplace operation"):
        loss.backward()
