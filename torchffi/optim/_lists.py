"""Operators on lists of tensors: one call for all parameters of a group."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final

from torchffi._core.backends import FFI
from torchffi._core.by_name.overloads import Overload
from torchffi._core.by_name.results import make_any
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._libtorch.calls import last_error, operator_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import boxed
from torchffi._libtorch.operators.frames import MOST_RESULTS, WORDS, ResultFrame
from torchffi._libtorch.operators.values import unpack
from torchffi.dtypes import float32
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError, ShapeError

# Bound once: an attribute lookup on `lib` costs as much as a call.
_gradient: Final = lib.rt_torch_tensor_grad
_numel: Final = lib.rt_torch_tensor_numel
_is_contiguous: Final = lib.rt_torch_tensor_is_contiguous
_add: Final = lib.rt_torch_tensor_add_
_call: Final = lib.rt_torch_call
_values_free: Final = lib.rt_torch_values_free
_TENSOR_LIST: Final[int] = lib.RT_TORCH_TENSOR_LIST
_FLOAT32: Final = FFI.classes[float32]

Pair = tuple[Tensor, Tensor]

_overloads: Final[dict[str, Overload]] = {}


def call(name: str, *arguments: Any, **named: Any) -> Any:
    """Calls an overload of an operator by name, with tensors."""
    found = _overloads.get(name)
    if found is None:
        found = _overloads[name] = Overload(name)
    return found(*arguments, **named)


# ---- Gradients


def with_gradients(parameters: Iterable[Tensor]) -> list[Pair]:
    """The parameters that have a gradient, each with it. Tensors on NumPy have none."""
    found: list[Pair] = []
    for parameter in parameters:
        if parameter._backend is FFI:
            # No look whether there is one: nearly every parameter has a gradient.
            gradient = make(None, _gradient, parameter._data)
            if gradient is not None:
                found.append((parameter, gradient))
            elif gradients.grad(make, parameter._data) is not None:
                raise last_error()
    return found


def batches(pairs: list[Pair]) -> Iterator[list[Pair]]:
    """Parameters and gradients, split by dtype and device: an operator on lists takes one of each."""
    first = type(pairs[0][0])
    if not lib.rt_torch_cuda_available() and all(type(one) is first for one, _ in pairs):
        yield pairs
        return
    found: dict[tuple[type[Tensor], str], list[Pair]] = {}
    for pair in pairs:
        found.setdefault((type(pair[0]), pair[0].device), []).append(pair)
    yield from found.values()


def layout_name(tensor: Tensor) -> str:
    """The layout of a tensor on LibTorch, ``"strided"`` for all but the sparse ones and the like."""
    text = ffi.new("char[]", 64)
    lib.rt_torch_tensor_layout_name(tensor._data, text, 64)
    return str(ffi.string(text).decode())


# ---- Calls


class Columns:
    """Parameters and their states as lists that an operator of LibTorch can compute on.

    The kernels of the optimizers go through memory from the first to the last element and check nothing:
    so each list has tensors of the parameters' dtype, device and size, contiguous. What is not is
    replaced by a copy, which :meth:`finish` copies back. Complex tensors are seen as real ones.

    Args:
        name: The optimizer, for errors.
        lists: The parameters as ``"params"``, and the states by their names.

    Attributes:
        handles: The handles of each list. The tensors must stay alive.
        plain: Whether nothing was copied, so that the object serves for the next step too.
        operators: The operators that are called with these lists, by name.
    """

    def __init__(self, name: str, lists: dict[str, list[Tensor]]) -> None:
        self._name = name
        self._copies: list[Pair] = []
        self._keep: list[Tensor] = []
        self.operators: dict[str, Operator] = {}
        parameters = lists["params"]
        self._complex = parameters[0]._dtype.kind == "complex"
        cuda = lib.rt_torch_cuda_available()
        sizes = [_numel(one._data) for one in parameters]
        kind = type(parameters[0])
        self.handles: dict[str, list[int]] = {}
        for label, tensors in lists.items():
            handles = []
            for position, (size, tensor) in enumerate(zip(sizes, tensors, strict=True)):
                handle = tensor._data
                if type(tensor) is not kind or _numel(handle) != size:
                    raise self._misfit(label, position, parameters[position], tensor)
                if cuda and tensor.device != parameters[position].device:
                    raise self._misfit(label, position, parameters[position], tensor)
                if _is_contiguous(handle) != 1:
                    handle = self._contiguous(label, tensor, written=True)._data
                handles.append(handle)
            self.handles[label] = self._real(handles) if self._complex else handles
        self.plain = not self._copies and not self._complex

    def gradients(self, tensors: list[Tensor]) -> list[int]:
        """The handles of the gradients, or of copies that this object keeps until :meth:`finish`."""
        found = []
        for tensor in tensors:
            handle = tensor._data
            if _is_contiguous(handle) != 1:
                handle = self._contiguous("gradients", tensor, written=False)._data
            found.append(handle)
        return self._real(found) if self._complex else found

    def operator(self, name: str) -> Operator:
        """The operator of a name, with the arguments of its last call for these lists."""
        found = self.operators.get(name)
        if found is None:
            found = self.operators[name] = Operator(name)
        return found

    def _misfit(self, label: str, position: int, parameter: Tensor, found: Any) -> Exception:
        text = (
            f"{self._name}: {label}[{position}] has shape {getattr(found, 'shape', None)}, dtype "
            f"{getattr(found, 'dtype', type(found).__name__)} and device "
            f"{getattr(found, 'device', None)}, but the parameter has shape {parameter.shape}, dtype "
            f"{parameter.dtype} and device {parameter.device}; load a state of these parameters"
        )
        return (ShapeError if type(found) is type(parameter) else DTypeError)(text)

    def _contiguous(self, label: str, tensor: Tensor, written: bool) -> Tensor:
        layout = layout_name(tensor)
        if layout != "strided":
            raise NotSupportedError(
                f"{self._name}: a tensor of {label} is {layout}, expected a dense one; sparse gradients "
                "are not supported"
            )
        copy: Tensor = call("aten::clone", tensor, memory_format="contiguous_format")
        if written:
            self._copies.append((tensor, copy))
        self._keep.append(copy)
        return copy

    def _real(self, handles: list[int]) -> list[int]:
        views = [boxed.call(make_any, "aten::view_as_real", handle) for handle in handles]
        self._keep += views
        return [view._data for view in views]

    def finish(self) -> None:
        """Copies what was computed on copies back, and drops the copies."""
        for tensor, copy in self._copies:
            call("aten::copy_", tensor, copy)
        if self._keep:
            self._keep = []


class Operator:
    """An operator on lists of tensors, called often with nearly the same arguments.

    Arguments are packed when they differ from those of the last call: for an optimizer these are the
    gradients. It is not for several threads.

    Args:
        name: Such as ``"aten::_fused_adam_"``.
    """

    __slots__ = ("_arrays", "_frame", "_operator", "_values")

    def __init__(self, name: str) -> None:
        self._operator = boxed.find(name)
        count = len(self._operator.schema.parameters)
        self._frame = ResultFrame(count)
        self._values: list[Any] = [None] * count
        self._arrays: list[array[int] | None] = [None] * count

    def __call__(self, *arguments: Any) -> Any:
        """Calls the operator.

        Args:
            arguments: By position, also those after the schema's ``*``: lists of handles, numbers.

        Returns:
            None for an operator in place, or a list of tensors.
        """
        operator, frame, values = self._operator, self._frame, self._values
        for position, value in enumerate(arguments):
            if value != values[position] or type(value) is not type(values[position]):
                self._pack(position, value)
        count = _call(operator.number, frame.arguments, len(arguments), frame.results, MOST_RESULTS)
        if count < 0:
            raise operator_error("call")
        if not count:
            return None
        try:
            return unpack(frame, 0, make_any)
        finally:
            _values_free(frame.results, count)

    def _pack(self, position: int, value: Any) -> None:
        frame, at = self._frame, position * WORDS
        if type(value) is not list:
            self._operator.raw[position](frame, at, value)
        else:
            memory = self._arrays[position] = array("q", value)
            address, length = memory.buffer_info()
            frame.words[at] = _TENSOR_LIST | length << 32
            frame.words[at + 1] = address
        self._values[position] = value


def handles(tensors: Iterable[Tensor]) -> list[int]:
    """The handles of tensors on LibTorch, which must stay alive while they are used."""
    return [tensor._data for tensor in tensors]


def count(name: str, steps: list[Tensor]) -> list[int]:
    """Adds 1 to the counters of steps, float32 tensors of one element; returns their handles."""
    found = []
    for step in steps:
        if type(step) is not _FLOAT32 or _numel(step._data) != 1:
            raise InvalidArgumentError(
                f"{name}: the state 'step' is {step!r:.60}, expected a float32 tensor of one element"
            )
        found.append(step._data)
    if lib.rt_torch_cuda_available():
        call("aten::_foreach_add_.Scalar", steps, 1)
        return found
    one = call("aten::ones", [], dtype=float32)
    for handle in found:  # for so small tensors the operator on lists takes longer
        if _add(handle, one._data) < 0:
            raise last_error()
    return found
