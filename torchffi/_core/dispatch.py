"""Dispatch: runs a primitive on the backend of its operands, or falls back to NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from torchffi._core.backends import FFI, NUMPY, default_backend, policy
from torchffi._core.operations import TABLES
from torchffi._core.tensor import Backend, Tensor
from torchffi._lazy_numpy import np
from torchffi._libtorch import gradients, loader
from torchffi._libtorch.calls import with_integers
from torchffi._libtorch.loader import ffi
from torchffi._stdlib.typing import Any, Final, TypeVar
from torchffi.dtypes import DType
from torchffi.errors import NotSupportedError, TorchError, UnavailableError

# The public names of primitives, whose own names are ATen's.
_PUBLIC: Final = {
    "amax": "max", "amin": "min", "bitwise_not": "bitwise_invert",
    "broadcast_tensors": "broadcast_arrays", "cat": "concat", "clamp": "clip",
    "copy": "index", "cumprod": "cumulative_prod", "cumsum": "cumulative_sum",
    "div": "divide", "eq": "equal", "expand": "broadcast_to", "ge": "greater_equal",
    "gt": "greater", "index_put": "index", "le": "less_equal", "lt": "less", "mul": "multiply",
    "ne": "not_equal", "neg": "negative", "nonzero_numpy": "nonzero", "permute": "permute_dims",
    "repeat_interleave": "repeat", "sub": "subtract", "to_dtype": "astype",
    "unbind": "unstack", "unsqueeze": "expand_dims",
}  # fmt: skip

_Error = TypeVar("_Error", bound=TorchError)

_fallbacks: Final[Counter[str]] = Counter()

# Calls that LibTorch has refused for lack of a kernel, by primitive. Later ones go directly to NumPy: a
# refusal costs an exception in C++, and LibTorch may copy operands before. At most one entry for each
# combination of dtypes.
_Signature = tuple[DType, tuple[DType, ...]]
_without_kernel: Final[dict[str, set[_Signature]]] = {}


def fallback_counts() -> dict[str, int]:
    """How often each operation on LibTorch tensors ran on NumPy, because LibTorch has no kernel."""
    return dict(_fallbacks)


# A pointer argument that is not given. It is false.
NULL: Final = ffi.NULL


@with_integers
def pointer(number: float | tuple[int, ...] | None) -> Any:
    """A pointer to a number, or to integers; NULL for None."""
    if number is None:
        return NULL
    if isinstance(number, tuple):
        return ffi.new("int64_t[]", number)
    return ffi.new("int64_t *" if isinstance(number, int) else "double *", number)


# ---- Operands


def moved(tensor: Tensor, backend: Backend) -> Tensor:
    """The tensor on another backend, over the same memory if possible."""
    if tensor._backend is backend:
        return tensor
    array = tensor._array_view()
    return NUMPY.wrap(array, tensor._dtype) if backend is NUMPY else _on_ffi(array, tensor._dtype)


def _on_ffi(result: Any, dtype: DType) -> Tensor:
    """A tensor on LibTorch over an array's memory, or over a copy if LibTorch cannot use it."""
    array = np.asarray(result, dtype.numpy)
    try:
        return FFI.from_array(array)
    except BufferError:
        return FFI.from_array(array.copy())


def _tensors(arguments: Sequence[Any]) -> Iterator[Tensor]:
    for argument in arguments:
        if isinstance(argument, Tensor):
            yield argument
        elif type(argument) is list:
            yield from _tensors(argument)


def _plain(argument: Any) -> tuple[Any, ...]:
    """An argument without tensors as arguments of the C function, and of NumPy's primitive."""
    if type(argument) is tuple:
        return argument, len(argument)
    if argument is None:  # no tensor
        return (0,)
    return (argument.code,) if isinstance(argument, DType) else (argument,)


def _raw(backend: Backend, arguments: Sequence[Any], keep: list[Tensor]) -> list[Any]:
    """Arguments as raw data. Appends to ``keep`` what must stay alive during the call."""
    raw: list[Any] = []
    for argument in arguments:
        if isinstance(argument, Tensor):
            tensor = moved(argument, backend)
            keep.append(tensor)
            raw.append(tensor._data)
        elif type(argument) is list:
            raw += _raw(backend, argument, keep), len(argument)
        else:
            raw += _plain(argument)
    return raw


# ---- Calls


def run(name: str, dtype: DType, *arguments: Any) -> Tensor:
    """Calls a primitive on the backend of its operands.

    If any operand is on LibTorch, it runs there; NumPy operands are passed as zero-copy views.

    Args:
        name: The name of the primitive.
        dtype: The dtype of the result.
        arguments: Tensors, None for no tensor, lists of these, and plain values, in the order of the C
            function: a list and a tuple stand for a pointer and a length, a dtype for its code.
            Where one operand is on FFI the operation runs there, over zero-copy views of the others.
    """
    raw: list[Any] = []
    backend = None
    for argument in arguments:
        kind = type(argument)
        own = _backend_of_class.get(kind)
        if own is None and kind is not list and not issubclass(kind, Tensor):
            raw += _plain(argument)
            continue
        if own is None or backend not in (None, own):  # a list, or another backend
            return _run_mixed(name, dtype, arguments)
        backend = own
        raw.append(argument._data)
    return _run(backend or NUMPY, name, dtype, raw, arguments)


# Without the classes of freed tensors: those raise HandleError on access to their data.
_backend_of_class: Final[dict[type, Backend]] = {
    kind: backend for backend in (FFI, NUMPY) for kind in backend.classes.values()
}


def _run_mixed(name: str, dtype: DType, arguments: Sequence[Any]) -> Tensor:
    backend = _backend_of(arguments)
    keep: list[Tensor] = []
    raw = _raw(backend, arguments, keep)
    return _run(backend, name, dtype, raw, arguments)


def create(name: str, dtype: DType, *arguments: Any) -> Tensor:
    """Calls a primitive that has no tensor operands, on the default backend."""
    return _run(default_backend(), name, dtype, _raw(NUMPY, arguments, []), arguments)


def create_like(x: Tensor, name: str, dtype: DType, *arguments: Any) -> Tensor:
    """Calls a primitive that has no tensor operands, on the backend of ``x``."""
    return _run(x._backend, name, dtype, _raw(NUMPY, arguments, []), arguments)


def _run(
    backend: Backend, name: str, dtype: DType, raw: Sequence[Any], arguments: Sequence[Any]
) -> Tensor:
    if name in _without_kernel and backend is FFI:
        result = _known_fallback(name, dtype, arguments)
        if result is not None:
            return _on_ffi(result, dtype)
    try:
        return backend.run(name, dtype, raw)
    except TorchError as error:
        refused = _refusal(backend, name, error)
    result = _fall_back(name, arguments, refused)
    _remember(name, dtype, arguments)
    return _on_ffi(result, dtype)


def run_many(name: str, dtypes: Sequence[DType], *arguments: Any) -> tuple[Tensor, ...]:
    """As :func:`run`, for a primitive with several results, one for each dtype."""
    backend = _backend_of(arguments)
    keep: list[Tensor] = []
    raw = _raw(backend, arguments, keep)
    try:
        return backend.run_many(name, dtypes, raw)
    except TorchError as error:
        refused = _refusal(backend, name, error)
    return tuple(map(_on_ffi, _fall_back(name, arguments, refused), dtypes))


def run_in_place(name: str, target: Tensor, *arguments: Any) -> None:
    """Calls a primitive that overwrites ``target``, on the backend of ``target``. Never falls back."""
    backend = target._backend
    keep: list[Tensor] = []
    raw = _raw(backend, (target, *arguments), keep)
    try:
        backend.run_in_place(name, raw)
    except TorchError as error:
        raise named(name, error) from None


def _backend_of(arguments: Sequence[Any]) -> Backend:
    """LibTorch if any operand is on it, else NumPy."""
    for tensor in _tensors(arguments):
        if tensor._backend is FFI:
            return FFI
    return NUMPY


# ---- Errors and fallback


def named(name: str, error: _Error) -> _Error:
    """The error of a primitive with the public name of the function in front."""
    text = str(error).removeprefix(f"{name}: ")
    text = text.partition(": ")[2] if text.startswith("aten::") else text
    return type(error)(f"{_public(name)}: {text}")


def _refusal(backend: Backend, name: str, error: TorchError) -> NotSupportedError:
    """The error if the primitive may fall back to NumPy; raises it otherwise."""
    refused = named(name, error)
    if backend is NUMPY or not isinstance(refused, NotSupportedError):
        raise refused from None
    return refused


def _public(name: str) -> str:
    plain = name.removesuffix("_").removeprefix("fft_")
    return _PUBLIC.get(plain, plain)


def _fall_back(name: str, arguments: Sequence[Any], error: NotSupportedError) -> Any:
    """The result of NumPy's primitive for operands on LibTorch, or the error if NumPy has none."""
    if not _may_fall_back(arguments):
        raise error
    try:
        return _on_numpy(name, arguments)
    except (NotSupportedError, UnavailableError):
        raise error from None


def _may_fall_back(arguments: Sequence[Any]) -> bool:
    if policy("TORCHFFI_FALLBACK", ("numpy", "error")) == "error":
        return False
    return not any(
        not t.dtype.in_numpy or t.is_cuda() or _is_recorded(t) for t in _tensors(arguments)
    )


def _is_recorded(tensor: Tensor) -> bool:
    """Whether an operation on the tensor is recorded, which NumPy's would not be."""
    known = gradients.in_use and tensor._backend is FFI
    return known and gradients.grad_enabled() and gradients.requires_grad(tensor._data)


def _on_numpy(name: str, arguments: Sequence[Any]) -> Any:
    """The result of NumPy's primitive for operands on LibTorch, passed as zero-copy views."""
    keep: list[Tensor] = []
    raw = _raw(NUMPY, arguments, keep)
    try:
        result = NUMPY.compute(name, raw)
    except (NotSupportedError, UnavailableError):
        raise
    except TorchError as other:
        raise named(name, other) from None
    with loader.lock:
        _fallbacks[_public(name)] += 1
    return result


def _signature(dtype: DType, arguments: Sequence[Any]) -> _Signature:
    """The dtype of the result, and the distinct dtypes of the operands."""
    return dtype, tuple(dict.fromkeys(tensor._dtype for tensor in _tensors(arguments)))


def _known_fallback(name: str, dtype: DType, arguments: Sequence[Any]) -> Any:
    """NumPy's result of a call that LibTorch has refused before; None if LibTorch must be called."""
    known = _signature(dtype, arguments) in _without_kernel[name]
    if not known or not _may_fall_back(arguments):
        return None
    try:
        return _on_numpy(name, arguments)
    except (NotSupportedError, UnavailableError):
        return None  # LibTorch's error is raised


def _remember(name: str, dtype: DType, arguments: Sequence[Any]) -> None:
    """Records a refused call, and removes it from the fast path."""
    signature = _signature(dtype, arguments)
    with loader.lock:
        _without_kernel.setdefault(name, set()).add(signature)
    keys: list[Any] = [FFI.classes[operand] for operand in signature[1]]
    for table in TABLES.get(name, ()):
        for key in keys or [dtype]:
            if key in table and table[key][1] is FFI.classes[dtype]:
                table.pop(key, None)
