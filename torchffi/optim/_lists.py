"""Operators on lists of tensors: one call for all parameters of a group, with their gradients and states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from torchffi._core.backends import FFI
from torchffi._core.lifetimes import make
from torchffi._core.overloads import Overload, make_any
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._libtorch.calls import last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import boxed
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError, ShapeError

# Bound once: an attribute lookup on `lib` costs as much as a call.
_gradient: Final = lib.rt_torch_tensor_grad
_numel: Final = lib.rt_torch_tensor_numel
_is_contiguous: Final = lib.rt_torch_tensor_is_contiguous
_is_cuda: Final = lib.rt_torch_tensor_is_cuda

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
    found = []
    for parameter in parameters:
        if parameter._backend is FFI:
            # No look whether there is one: nearly every parameter has a gradient.
            gradient = make(type(parameter), _gradient, parameter._data)
            if gradient is not None:
                found.append((parameter, gradient))
            elif gradients.grad(make_any, parameter._data) is not None:
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
    """Parameters, gradients and states as lists that an operator of LibTorch can compute on.

    The kernels of the optimizers go through memory from the first to the last element and check nothing:
    so each list has tensors of the parameters' dtype, device and size, contiguous. What is not contiguous
    is replaced by a copy, which :meth:`finish` copies back. Complex tensors are seen as real ones.

    Args:
        name: The optimizer, for errors.
        lists: The name of each list, and its tensors.
        read: The names of lists that the operators do not write to.
    """

    def __init__(self, name: str, lists: dict[str, list[Tensor]], read: Sequence[str]) -> None:
        self._name = name
        self._copies: list[Pair] = []
        self._keep: list[Tensor] = []
        parameters = lists["params"]
        self._complex = parameters[0]._dtype.kind == "complex"
        cuda = lib.rt_torch_cuda_available()
        sizes = [_numel(one._data) for one in parameters]
        kind = type(parameters[0])
        self.handles: list[list[int]] = []
        for label, tensors in lists.items():
            handles = []
            for position, (size, tensor) in enumerate(zip(sizes, tensors, strict=True)):
                handle = tensor._data
                if type(tensor) is not kind or _numel(handle) != size:
                    raise self._misfit(label, position, parameters[position], tensor)
                if cuda and _is_cuda(handle) != _is_cuda(parameters[position]._data):
                    raise self._misfit(label, position, parameters[position], tensor)
                if _is_contiguous(handle) != 1:
                    handle = self._contiguous(label, tensor, label not in read)._data
                handles.append(handle)
            self.handles.append(self._real(handles) if self._complex else handles)

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
        """Copies what was computed on copies back."""
        for tensor, copy in self._copies:
            call("aten::copy_", tensor, copy)


def in_place(name: str, *arguments: Any) -> None:
    """Calls an operator that writes to lists of handles and returns nothing.

    Args:
        name: Such as ``"aten::_fused_adam_"``.
        arguments: All arguments by position, also those after the schema's ``*``.
    """
    boxed.call(make_any, name, *arguments)


def results(name: str, *arguments: Any) -> list[Tensor]:
    """Calls an operator on lists of handles that makes a list of tensors."""
    return boxed.call(make_any, name, *arguments)  # type: ignore[no-any-return]


def handles(tensors: Iterable[Tensor]) -> list[int]:
    """The handles of tensors on LibTorch, which must stay alive while they are used."""
    return [tensor._data for tensor in tensors]


def step_handles(name: str, steps: list[Any]) -> list[int]:
    """The handles of the counters of steps, float32 tensors of one element."""
    for step in steps:
        if (
            not isinstance(step, Tensor)
            or step._backend is not FFI
            or str(step.dtype) != "float32"
            or _numel(step._data) != 1
        ):
            raise InvalidArgumentError(
                f"{name}: the state 'step' is {step!r}, expected a float32 tensor of one element"
            )
    return [step._data for step in steps]
