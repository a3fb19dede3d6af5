"""Which backend an operation runs on, and what happens where it cannot."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from torchffi._core import backends
from torchffi._core.backends import FFI, NUMPY, _backends, _chosen, _policy, default_backend
from torchffi._core.tensor import Backend, Tensor
from torchffi._libtorch import primitives as on_ffi
from torchffi._libtorch.calls import made_sizes, plain
from torchffi._libtorch.loader import borrow
from torchffi._numpy import primitives as on_numpy
from torchffi._numpy.quiet import quietly
from torchffi.dtypes import DType
from torchffi.errors import NotSupportedError, TorchError, UnavailableError

if TYPE_CHECKING:
    pass


def direct(name: str) -> Callable[..., int] | None:
    """LibTorch's function for a primitive that takes handles alone; None if it has none of its own."""
    return plain(name)


# What the namespace calls the primitives that are named as in ATen.
_PUBLIC: Final = {
    "amax": "max", "amin": "min", "bitwise_not": "bitwise_invert", "cat": "concat", "copy": "index",
    "cumprod": "cumulative_prod", "cumsum": "cumulative_sum", "div": "divide",
    "eq": "equal", "expand": "broadcast_to", "ge": "greater_equal", "gt": "greater",
    "index_put": "index", "le": "less_equal", "lt": "less", "mul": "multiply", "ne": "not_equal",
    "neg": "negative", "permute": "permute_dims", "sub": "subtract", "to_dtype": "astype",
    "unsqueeze": "expand_dims",
}  # fmt: skip

_Error = TypeVar("_Error", bound=TorchError)
_OPERATOR: Final = re.compile(r"^aten::[\w.]+: ")

_fallbacks: Final[Counter[str]] = Counter()


def fallback_counts() -> dict[str, int]:
    """How often each operation on FFI data ran on NumPy, for want of a kernel in LibTorch."""
    return dict(_fallbacks)


def moved(tensor: Tensor, backend: Backend) -> Tensor:
    """The tensor on a backend, over the same memory wherever that is possible."""
    if tensor._backend is backend:
        return tensor
    data = tensor._data
    if backend is NUMPY:
        return NUMPY.wrap(on_ffi.numpy(data, tensor.dtype), tensor.dtype)
    return _lent(data, tensor.dtype)


def _unwrap(backend: Backend, argument: Any, held: list[Tensor]) -> Any:
    own = getattr(argument, "_backend", None)
    if own is not None:
        tensor = argument if own is backend else moved(argument, backend)
        held.append(tensor)
        return tensor._data
    if type(argument) is list:
        return [_unwrap(backend, element, held) for element in argument]
    return argument


def _call(backend: Backend, name: str, arguments: tuple[Any, ...]) -> Any:
    held: list[Tensor] = []  # keeps what was moved alive until the call returns
    raw = [_unwrap(backend, argument, held) for argument in arguments]
    if backend is NUMPY:
        return _on_numpy(name, raw)
    try:
        return getattr(on_ffi, name)(*raw)
    except TorchError as error:
        raise _told(name, error) from None


def _on_numpy(name: str, raw: Sequence[Any]) -> Any:
    try:
        return quietly(getattr(on_numpy, name), *raw)
    except Exception as error:
        raise _told(name, on_numpy.failure(error)) from None


def _public(name: str) -> str:
    plain = name.removesuffix("_").removeprefix("fft_")
    return _PUBLIC.get(plain, plain)


def _told(name: str, error: _Error) -> _Error:
    """The error, with the name of what the user called before it."""
    text = _OPERATOR.sub("", str(error).removeprefix(f"{name}: "))
    return type(error)(f"{_public(name)}: {text}")


def _tensors(arguments: tuple[Any, ...] | list[Any]) -> Iterator[Tensor]:
    for argument in arguments:
        if getattr(argument, "_backend", None) is not None:
            yield argument
        elif type(argument) is list:
            yield from _tensors(argument)


def run(name: str, dtype: DType, *arguments: Any) -> Tensor:
    """Calls a primitive where its operands are, and wraps the result.

    Args:
        name: The primitive's.
        dtype: Of the result.
        arguments: Tensors, lists of tensors, None, and plain values in the primitive's order. One
            operand on FFI takes the others along, over a zero-copy view.
    """
    # All operands on one backend: what nearly every call is.
    raw: list[Any] = []
    backend: Backend | None = None
    for argument in arguments:
        own = _backends.get(type(argument))
        if own is not None:
            raw.append(argument._data)
        elif type(argument) is list:
            owners = {_backends.get(type(one)) for one in argument if one is not None}
            own = owners.pop() if len(owners) == 1 else None
            if own is None:
                return _run_mixed(name, dtype, arguments)
            raw.append([None if one is None else one._data for one in argument])
        else:
            raw.append(argument)
            continue
        if own is not backend:
            if backend is not None:
                return _run_mixed(name, dtype, arguments)
            backend = own
    if backend is FFI:
        try:
            return FFI.wrap(getattr(on_ffi, name)(*raw), dtype)
        except NotSupportedError as error:
            refused = error
        except TorchError as error:
            raise _told(name, error) from None
        return _lent(_fall_back(name, arguments, _told(name, refused)), dtype)
    return NUMPY.wrap(_on_numpy(name, raw), dtype)


def _run_mixed(name: str, dtype: DType, arguments: tuple[Any, ...]) -> Tensor:
    if all(tensor._backend is NUMPY for tensor in _tensors(arguments)):
        return NUMPY.wrap(_call(NUMPY, name, arguments), dtype)
    try:
        return FFI.wrap(_call(FFI, name, arguments), dtype)
    except NotSupportedError as error:
        return _lent(_fall_back(name, arguments, error), dtype)


def run_many(name: str, dtypes: Sequence[DType], *arguments: Any) -> tuple[Tensor, ...]:
    """Calls a primitive with several results, one for each dtype. The rest is as for :func:`run`."""
    if all(tensor._backend is NUMPY for tensor in _tensors(arguments)):
        return tuple(map(NUMPY.wrap, _call(NUMPY, name, arguments), dtypes))
    try:
        handles = list(_call(FFI, name, arguments))
    except NotSupportedError as error:
        return tuple(map(_lent, _fall_back(name, arguments, error), dtypes))
    try:
        return tuple(FFI.wrap(handles.pop(0), dtype) for dtype in dtypes)
    finally:
        for handle in handles:
            on_ffi.free(handle)


def _fall_back(name: str, arguments: tuple[Any, ...], error: NotSupportedError) -> Any:
    """What NumPy's primitive gives for operands on FFI, over zero-copy views."""
    if _policy("TORCHFFI_FALLBACK", ("numpy", "error")) == "error":
        raise error
    if any(t.dtype.numpy is None or t.is_cuda() for t in _tensors(arguments)):
        raise error
    try:
        result = _call(NUMPY, name, arguments)
    except (NotSupportedError, UnavailableError):
        raise error from None
    with backends._lock:
        _fallbacks[_public(name)] += 1
    return result


def _lent(result: Any, dtype: DType) -> Tensor:
    """A tensor on FFI over the memory of NumPy's result, or over a copy where LibTorch cannot use it."""
    array = np.asarray(result, dtype.numpy)
    try:
        return FFI.lend(array)
    except BufferError:
        return FFI.lend(array.copy())


def run_in_place(name: str, target: Tensor, *arguments: Any) -> None:
    """Calls a primitive that overwrites ``target``, on the backend of ``target``. Never falls back."""
    _call(target._backend, name, (target, *arguments))


def create(name: str, dtype: DType, *arguments: Any) -> Tensor:
    """Calls a primitive that makes a tensor from plain values, on the backend that is chosen."""
    backend = default_backend()
    if backend is NUMPY:
        return NUMPY.wrap(_on_numpy(name, arguments), dtype)
    try:
        return FFI.wrap(getattr(on_ffi, name)(*arguments), dtype)
    except NotSupportedError as error:
        refused = error
    except TorchError as error:
        raise _told(name, error) from None
    return _lent(_fall_back(name, arguments, _told(name, refused)), dtype)


def lending(
    of_any: Callable[[np.ndarray[Any, Any]], Tensor],
) -> Callable[[np.ndarray[Any, Any]], Tensor]:
    """Decorates what makes a tensor over an array: LibTorch borrows the memory at once where it can.

    What is refused there takes the usual way, which also tells what is wrong.
    """
    chosen, ndarray, kinds = _chosen.get, np.ndarray, FFI.kinds

    @functools.wraps(of_any)
    def at_once(array: np.ndarray[Any, Any], /) -> Tensor:
        if type(array) is ndarray and (chosen() or backends._default) is FFI:
            try:
                tensor = borrow(array, kinds)
            except (KeyError, BufferError):
                tensor = None
            if tensor is not None:
                return tensor
        return of_any(array)

    return at_once


def filled(name: str) -> Callable[[tuple[int, ...], DType, int], Tensor]:
    """What makes a tensor by a primitive of a shape, a dtype and a device: :func:`create`, made for it.

    It calls LibTorch at once where it can. What is refused there takes the usual way.
    """
    call = direct(name)
    assert call is not None

    def make(shape: tuple[int, ...], dtype: DType, device: int) -> Tensor:
        if (_chosen.get() or backends._default or default_backend()) is FFI:
            try:
                handle = call(made_sizes[shape], len(shape), dtype.code, device)
            except KeyError:  # the usual way makes them
                handle = 0
            if handle:
                return FFI.make(handle, FFI.classes[dtype])
        return create(name, dtype, shape, dtype, device)

    return make
