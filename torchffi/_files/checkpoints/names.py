"""The names that pickles of torch.save may use, and the tensors that they describe.

Source: the names that torch.load(weights_only=True) of PyTorch 2.13 admits.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Final

from torchffi import dtypes
from torchffi._files.checkpoints.unpickle import Function, check_key
from torchffi._files.mapped import checked_shape

# Bytes of one element of the dtypes that PyTorch has and torchffi does not.
FOREIGN: Final = {
    "float8_e5m2": 1, "float8_e4m3fn": 1, "float8_e5m2fnuz": 1, "float8_e4m3fnuz": 1,
    "float8_e8m0fnu": 1, "float4_e2m1fn_x2": 1, "complex32": 4, "bits8": 1, "bits16": 2,
    "bits1x8": 1, "bits2x4": 1, "bits4x2": 1, "qint8": 1, "quint8": 1, "qint32": 4, "quint4x2": 1,
    "quint2x4": 1, **{f"{sign}int{n}": 1 for sign in ("", "u") for n in range(1, 8)},
}  # fmt: skip
ITEMSIZES: Final = {dtype.name: dtype.itemsize for dtype in dtypes.ALL} | FOREIGN
_STORAGES: Final = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "ComplexDouble": "complex128", "ComplexFloat": "complex64",
    "QInt8": "qint8", "QInt32": "qint32", "QUInt8": "quint8", "QUInt4x2": "quint4x2",
    "QUInt2x4": "quint2x4", "Untyped": "uint8",
}  # fmt: skip
_QUANTIZED = ("per_tensor_affine", "per_tensor_symmetric", "per_channel_affine",
              "per_channel_symmetric", "per_channel_affine_float_qparams")  # fmt: skip


class StorageType:
    """The dtype that a storage class of PyTorch stands for."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype: Final = dtype


class DTypeName:
    """A dtype that a pickle names; torchffi may not have it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: Final = name


class Storage:
    """Memory of a file that tensors share.

    Attributes:
        key: Its name in the file.
        dtype: The dtype of its elements, as PyTorch calls it.
        start: The first element; not 0 only for parts of a storage, which very old files have.
        count: The number of elements from there.
    """

    __slots__ = ("count", "dtype", "key", "start")

    def __init__(self, key: str, dtype: str, start: int, count: int) -> None:
        self.key, self.dtype, self.start, self.count = key, dtype, start, count


class StoredTensor:
    """A tensor as the pickle describes it.

    Attributes:
        storage: Its memory; None on the meta device.
        dtype: Its dtype, as PyTorch calls it.
        shape, strides, offset: In elements.
        flags: ``"conj"`` and ``"neg"`` if its values are stored conjugated or negated.
    """

    __slots__ = ("dtype", "flags", "offset", "shape", "storage", "strides")

    def __init__(
        self,
        storage: Storage | None,
        dtype: str,
        shape: object,
        strides: object,
        offset: object = 0,
        flags: tuple[str, ...] = (),
    ) -> None:
        self.storage, self.dtype, self.flags = storage, dtype, flags
        self.shape = checked_shape(shape, "tensor")
        self.strides = checked_shape(strides, "tensor")
        (self.offset,) = checked_shape((offset,), "tensor")


class Unsupported:
    """A kind of tensor that torchffi does not have, such as a sparse one."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what: Final = what


def _need(value: Any, kind: type, what: str) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{what} is a {type(value).__name__}, expected a {kind.__name__}")
    return value


# ---- Tensors


def _flags(metadata: object) -> tuple[str, ...]:
    if metadata is None:
        return ()
    names = [name for name, on in _need(metadata, dict, "metadata").items() if on]
    if not {"conj", "neg"}.issuperset(names):
        raise TypeError("unknown metadata")
    return tuple(sorted(names))


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> StoredTensor:
    _need(storage, Storage, "a storage")
    return StoredTensor(storage, storage.dtype, shape, strides, offset)


def _tensor_v2(
    storage: Any, offset: Any, shape: Any, strides: Any, grad: Any, hooks: Any, metadata: Any = None
) -> StoredTensor:
    dtype = _need(storage, Storage, "a storage").dtype
    return StoredTensor(storage, dtype, shape, strides, offset, _flags(metadata))


def _tensor_v3(
    storage: Any, offset: Any, shape: Any, strides: Any, grad: Any, hooks: Any, dtype: Any,
    metadata: Any = None,
) -> StoredTensor:  # fmt: skip
    _need(storage, Storage, "a storage")
    name = _need(dtype, DTypeName, "a dtype").name
    return StoredTensor(storage, name, shape, strides, offset, _flags(metadata))


def _meta_tensor(dtype: Any, shape: Any, strides: Any, grad: Any) -> StoredTensor:
    return StoredTensor(None, _need(dtype, DTypeName, "a dtype").name, shape, strides)


def _parameter(data: Any, grad: Any = True, hooks: Any = None, state: Any = None) -> Any:
    if type(data) not in (StoredTensor, Unsupported):
        raise TypeError(f"a parameter is a {type(data).__name__}, expected a tensor")
    return data


def _moved_tensor(data: Any, dtype: Any, device: Any, grad: Any) -> Any:
    """A tensor of a device without storages, such as XLA's, saved from a copy on the CPU."""
    if type(data) is not StoredTensor or _need(dtype, DTypeName, "a dtype").name != data.dtype:
        return Unsupported("tensor of a device that keeps another dtype")
    return data


def _subclass(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """A tensor with attributes, which are dropped."""
    if kind not in (_TENSOR, _PARAMETER):
        raise TypeError("a subclass of Tensor is not supported")
    _need(function, Function, "a function")
    return function.call(*_need(arguments, tuple, "arguments"))


def _unsupported(what: str) -> Callable[..., Unsupported]:
    return lambda *arguments: Unsupported(what)


# ---- Plain values


def _size(dims: Any = ()) -> tuple[int, ...]:
    return checked_shape(dims, "torch.Size")


def _device(kind: Any, index: Any = None) -> str:
    _need(kind, str, "a device")
    return kind if index is None else f"{kind}:{_need(index, int, 'an index')}"


def _encode(text: Any, encoding: Any = "utf-8") -> bytes:
    if encoding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise TypeError("unknown encoding")
    return _need(text, str, "a text").encode(encoding)  # type: ignore[no-any-return]


def _bytes() -> bytes:
    """Protocol 2 writes empty bytes as a call without arguments."""
    return b""


def _bytearray(source: Any = b"", encoding: Any = None) -> bytearray:
    """Not of an int, which is a length and would fill the memory."""
    return bytearray(
        _need(source, bytes, "a source") if encoding is None else _encode(source, encoding)
    )


def _set(items: Any = ()) -> set[Any]:
    if type(items) not in (list, tuple):
        raise TypeError(f"a set of a {type(items).__name__}")
    for item in items:
        check_key(item)
    return set(items)


def _complex(real: Any, imaginary: Any = 0.0) -> complex:
    return complex(_need(real, float, "a part"), _need(imaginary, float, "a part"))


def _ordered_dict(items: Any = ()) -> OrderedDict[Any, Any]:
    """Python 2 gives the items as lists of two."""
    if type(items) not in (list, tuple):
        raise TypeError(f"an OrderedDict of a {type(items).__name__}")
    result = OrderedDict()
    for item in items:
        if type(item) not in (list, tuple):
            raise TypeError(f"an item of an OrderedDict is a {type(item).__name__}")
        key, value = item
        check_key(key)
        result[key] = value
    return result


def _counter(counts: Any = None) -> Counter[Any]:
    result: Counter[Any] = Counter()
    dict.update(result, {} if counts is None else _need(counts, dict, "counts"))
    return result


def _layout(name: Any) -> Any:
    return _need(name, str, "a layout")


def _refuse_tensor(*arguments: Any) -> Any:
    raise TypeError("a tensor of PyTorch before 0.2 is not supported")


_TENSOR: Final = Function("torch.Tensor", _refuse_tensor)
_PARAMETER: Final = Function("torch.nn.parameter.Parameter", _parameter)
_CALLS: Final[dict[str, Callable[..., Any]]] = {
    "collections.OrderedDict": _ordered_dict,
    "collections.Counter": _counter,
    "torch.Size": _size,
    "torch.device": _device,
    "torch.serialization._get_layout": _layout,
    "_codecs.encode": _encode,
    **{
        f"{module}.{function.__name__[1:]}": function
        for module in ("builtins", "__builtin__")
        for function in (_bytes, _bytearray, _set, _complex)
    },
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor_v2,
    "torch._utils._rebuild_tensor_v3": _tensor_v3,
    "torch._utils._rebuild_meta_tensor_no_storage": _meta_tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": _moved_tensor,
    "torch._tensor._rebuild_from_type_v2": _subclass,
    "torch._utils._rebuild_sparse_tensor": _unsupported("sparse tensor"),
    "torch._utils._rebuild_qtensor": _unsupported("quantized tensor"),
    "torch._utils._rebuild_nested_tensor": _unsupported("nested tensor"),
    "torch._utils._rebuild_wrapper_subclass": _unsupported("subclass of Tensor"),
    "torch._utils._rebuild_device_tensor_from_numpy": _unsupported("tensor in a NumPy array"),
}


def _table() -> dict[tuple[str, str], object]:
    found: dict[str, object] = {name: Function(name, call) for name, call in _CALLS.items()}
    found |= {one.name: one for one in (_TENSOR, _PARAMETER)}
    found |= {f"torch.{name}": DTypeName(name) for name in ITEMSIZES}
    found |= {f"torch.{name}": Unsupported("quantization scheme") for name in _QUANTIZED}
    for name, dtype in _STORAGES.items():
        for module in ("torch", "torch.cuda", "torch.storage"):
            found[f"{module}.{name}Storage"] = StorageType(dtype)
    return {
        (module, name): value
        for module, _, name, value in (
            (*key.rpartition("."), value) for key, value in found.items()
        )
    }


NAMES: Final = _table()
