"""The class ScriptModule: a TorchScript module, which owns its handle."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

from torchffi import _devices
from torchffi._core import script_method
from torchffi._core.by_name.overloads import handle_of
from torchffi._core.by_name.results import LIBTORCH_CLASSES, dtype_error, make_any
from torchffi._core.lifetimes import SLOTS, Owner
from torchffi._core.script_method import MISSING, Method
from torchffi._core.tensor import Tensor
from torchffi._libtorch.calls import check_status, last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import nested
from torchffi._libtorch.operators.frames import MOST_ARGUMENTS, TAG, WORDS, ResultFrame
from torchffi._libtorch.operators.values import mark_default

if TYPE_CHECKING:
    from typing_extensions import Self

_TENSOR: Final[int] = lib.RT_TORCH_TENSOR
_call: Final = lib.rt_torch_module_call
_take: Final = lib.rt_torch_value_take
_values_free: Final = lib.rt_torch_values_free
# Free list of frames, one per concurrent call.
_frames: Final[deque[ResultFrame]] = deque()


def _text(function: Callable[..., int], *arguments: Any) -> list[str]:
    """The lines of a text that a C function copies out."""
    size = check_status(function(*arguments, ffi.NULL, 0)) + 1
    text = ffi.new("char[]", size)
    check_status(function(*arguments, text, size))
    return str(ffi.string(text).decode()).splitlines()


def _invalidate(tensor: Any) -> None:
    """Drops the cached shape of a tensor on LibTorch: a method may change it in place."""
    if getattr(tensor, "_cached_view", None) is not None:
        tensor._invalidate()


def _written_handle(value: Any, keep: list[Any]) -> int:
    handle = handle_of(value, keep)
    _invalidate(value)
    return handle


def _pack(frame: ResultFrame, at: int, value: Any, type_: str) -> None:
    if value is MISSING:
        mark_default(frame, at)
    elif isinstance(value, str) and type_ in ("Device", "Device?"):
        nested.pack_device(frame, at, value)
    else:
        nested.pack(frame, at, value, _written_handle)


def _run(
    module: ScriptModule, name: str, arguments: Sequence[Any], named: Mapping[str, Any]
) -> Any:
    """Calls a method."""
    try:
        method = module._methods[name]
    except (AttributeError, KeyError):
        method = module._find(name)
    values = arguments
    if named or not method.fewest <= len(arguments) <= method.by_position:
        values = method.placed(arguments, named)
    # After an exception the frame is dropped, which frees what it holds.
    frame = _frame(len(values))
    words, at = frame.words, 0
    try:
        for value in values:
            if type(value) in LIBTORCH_CLASSES:
                words[at] = _TENSOR
                words[at + 1] = value._data
                _invalidate(value)
            else:
                _pack(frame, at, value, method.parameters[at // WORDS].type)
            at += WORDS
    except (TypeError, ValueError, OverflowError) as error:
        raise method.mismatch(at // WORDS, values, error) from error
    if _call(module._data, method.name, frame.arguments, len(values), frame.results) < 0:
        failure = last_error()
        raise type(failure)(without_function(failure))
    try:
        if frame.returned[0] & TAG == _TENSOR:
            result: Any = make_any(_take, frame.results, 0, 0)  # leaves nothing to free
        else:
            result = nested.unpack(frame.results, 0, make_any)
            _values_free(frame.results, 1)
    except KeyError as error:
        raise dtype_error(error) from None
    _reuse(frame)
    return result


def _frame(arguments: int) -> ResultFrame:
    if arguments > MOST_ARGUMENTS:
        return ResultFrame(arguments)
    try:
        return _frames.pop()
    except IndexError:
        return ResultFrame(MOST_ARGUMENTS)


def _reuse(frame: ResultFrame) -> None:
    if frame.keep:
        frame.keep = []
    _frames.append(frame)


def without_function(error: Exception) -> str:
    """The message of an error without the name of the C function."""
    return str(error).partition(": ")[2]


class ScriptModule(Owner):
    """A TorchScript module on LibTorch. :func:`torchffi.jit.load` creates it.

    A call, ``m(x)``, is ``m.forward(x)``. The other methods of the file, and the parameters and buffers
    of the module itself, are attributes as well. Calls are recorded for gradients if an argument or
    a parameter requires them; the parameters do not until ``requires_grad_()`` is called.

    Arguments and results are tensors, numbers, strings, None, and lists, tuples and dicts of them. NumPy
    tensors are passed without a copy. Threads may call one module at the same time.
    """

    __slots__ = ("_methods",)
    _methods: Mapping[str, Method]

    def __init__(self) -> None:
        raise TypeError("ScriptModule cannot be instantiated; use torchffi.jit.load()")

    # ---- Calls

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """Calls ``forward``.

        Raises:
            ArgumentError: The arguments do not match its schema.
            TorchError: An operator failed, or the code raised an exception: as IndexError, TypeError or
                NotImplementedError if it raised one of them, else as ValueError. The message ends with
                TorchScript's traceback.

        Source: torch.jit.ScriptModule.
        """
        return _run(self, "forward", arguments, named)

    def _call(self, /, _name: str, *arguments: Any, **named: Any) -> Any:
        return _run(self, _name, arguments, named)

    def _find(self, name: str) -> Method:
        method = self._table().get(name)
        if method is None:
            raise AttributeError(self._unknown(name)) from None
        return method

    def _table(self) -> Mapping[str, Method]:
        try:
            return self._methods
        except AttributeError:
            found = map(script_method.parse, _text(lib.rt_torch_module_methods, self._data))
            self._methods = {method.name.decode(): method for method in found}
            return self._methods

    def _unknown(self, name: str) -> str:
        methods = ", ".join(self._table())
        return f"the module has no method, parameter or buffer {name!r}; its methods are {methods}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in SLOTS or name in ScriptModule.__slots__:
            raise AttributeError(name)
        if name in self._table():
            return partial(self._call, name)
        for known, tensor in zip(*self._tensors(lib.RT_TORCH_STATE), strict=True):
            if known == name:
                return tensor
        raise AttributeError(self._unknown(name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._table()})

    def __repr__(self) -> str:
        return f"<torchffi.jit.ScriptModule: {'; '.join(self.methods())}>"

    def methods(self) -> list[str]:
        """The schemas of the methods, such as ``"forward(Tensor x, int k=2) -> Tensor"``."""
        return [method.schema for method in self._table().values()]

    # ---- Tensors

    def _tensors(self, which: int) -> tuple[list[str], list[Tensor]]:
        names = _text(lib.rt_torch_module_names, self._data, which)
        frame = _frame(0)
        check_status(lib.rt_torch_module_tensors(self._data, which, frame.results))
        try:
            tensors = nested.unpack(frame.results, 0, make_any)
        except KeyError as error:
            raise dtype_error(error) from None
        _values_free(frame.results, 1)
        _reuse(frame)
        return names, tensors

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """The parameters with names such as ``"layers.0.weight"``; they share the module's memory."""
        return iter([*zip(*self._tensors(lib.RT_TORCH_PARAMETERS), strict=True)])

    def parameters(self) -> Iterator[Tensor]:
        """The parameters."""
        return iter(self._tensors(lib.RT_TORCH_PARAMETERS)[1])

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their names; they share the module's memory."""
        return iter([*zip(*self._tensors(lib.RT_TORCH_BUFFERS), strict=True)])

    def buffers(self) -> Iterator[Tensor]:
        """The buffers."""
        return iter(self._tensors(lib.RT_TORCH_BUFFERS)[1])

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters and buffers by name, in PyTorch's order; they share the module's memory."""
        return dict(zip(*self._tensors(lib.RT_TORCH_STATE), strict=True))

    # ---- State

    @property
    def training(self) -> bool:
        """Whether layers such as dropout compute as for training."""
        return check_status(lib.rt_torch_module_training(self._data)) == 1

    def train(self, mode: bool = True) -> Self:
        """Chooses how layers such as dropout and batch norm compute; returns the module."""
        check_status(lib.rt_torch_module_train(self._data, bool(mode)))
        return self

    def eval(self) -> Self:
        """The same as ``train(False)``."""
        return self.train(False)

    def to(self, device: str) -> Self:
        """Moves the tensors of the module to ``"cpu"`` or ``"cuda:0"``, ...; returns the module.

        Raises:
            UnavailableError: There is no such device.
        """
        check_status(lib.rt_torch_module_to(self._data, _devices.number(device)))
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file for :func:`torchffi.jit.load` and ``torch.jit.load``.

        Raises:
            ValueError: The file cannot be written; one that exists stays as it was.
        """
        check_status(lib.rt_torch_module_save(self._data, os.fsencode(path)))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "a ScriptModule cannot be copied or pickled; use save() and torchffi.jit.load()"
        )
