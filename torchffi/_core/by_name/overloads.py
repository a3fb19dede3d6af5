"""An overload of a LibTorch operator, called with tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from torchffi import dtypes
from torchffi._core import arguments
from torchffi._core.backends import FFI, default_backend, numpy_reason
from torchffi._core.by_name.plan_code import General, Namer, plan, same
from torchffi._core.by_name.plans import Plan, Planned, Types
from torchffi._core.by_name.results import LIBTORCH_CLASSES, dtype_error, make_any
from torchffi._core.dispatch import moved
from torchffi._core.host_memory import array_over
from torchffi._core.tensor import Tensor
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import boxed
from torchffi._libtorch.operators.frames import Frame
from torchffi._libtorch.operators.schemas import Type
from torchffi._libtorch.operators.values import Packer, number, packer
from torchffi.errors import InvalidArgumentError, UnavailableError

# Operators whose Tensor overload also accepts a Python number, as in PyTorch.
_TAKES_NUMBERS: Final = frozenset(
    f"aten::{name}{suffix}"
    for name in (
        "add", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "true_divide",
    )
    for suffix in ("", "_", "_out")
) | {"aten::to", "aten::_to_copy", "aten::copy_", "aten::copy", "aten::_conj"}  # fmt: skip

_TENSOR: Final[int] = lib.RT_TORCH_TENSOR


# ---- Tensor arguments and results


def handle_of(value: Any, keep: list[Any]) -> int:
    if not isinstance(value, Tensor):
        raise TypeError("not a Tensor")
    if value._backend is FFI:
        return value._data  # type: ignore[no-any-return]
    view = moved(value, FFI)
    keep.append((value, view))
    return view._data  # type: ignore[no-any-return]


def _written_handle(value: Any, keep: list[Any]) -> int:
    if not isinstance(value, Tensor) or value._backend is FFI:
        return handle_of(value, keep)
    try:
        view = FFI.from_array(value._data)
    except BufferError as error:
        raise InvalidArgumentError(f"LibTorch cannot write to this memory: {error}") from None
    keep.append((value, view))
    return view._data  # type: ignore[no-any-return]


def _packer(type_: Type, written: bool, numbers: bool) -> Packer:
    pack = packer(type_, _written_handle if written else handle_of)
    if type_.name != "Tensor":
        return pack

    def tensor(frame: Frame, at: int, value: Any) -> None:
        if type(value) in LIBTORCH_CLASSES:
            words = frame.words
            words[at + 1] = value._data
            words[at] = _TENSOR
        elif numbers and not written and arguments.is_scalar(value):
            number(frame, at, value)
        else:
            pack(frame, at, value)

    return tensor


def _refresh(tensor: Tensor, view: Tensor) -> None:
    """Updates a tensor after an in-place operator that may have changed its shape, strides or dtype.

    Args:
        tensor: The argument of the operator.
        view: The LibTorch tensor that was passed for it: the same object, or a view of NumPy memory.
    """
    code = lib.rt_torch_tensor_dtype(view._data)
    if tensor._backend is FFI:
        tensor._invalidate()
    else:
        view._invalidate()
        if view.strides != tensor.strides or view.shape != tensor.shape:
            tensor._data = array_over(view._data, dtypes.by_code(code))
    if code != tensor._dtype.code:
        tensor.__class__ = tensor._backend.classes[dtypes.by_code(code)]


# ---- Overloads


class Overload(Planned):
    """One overload of an operator. Its ``__doc__`` is its schema."""

    def __init__(self, name: str) -> None:
        super().__init__()
        operator = boxed.find(name)
        base = name.partition(".")[0]
        self._numbers = base in _TAKES_NUMBERS or base.startswith("prims::")
        self._operator = operator
        self._packers = tuple(
            _packer(parameter.type, bool(parameter.written), self._numbers)
            for parameter in operator.schema.parameters
        )
        self.__name__ = self.__qualname__ = name
        self.__doc__ = operator.schema.text

    @property
    def schema(self) -> str:
        """The schema, as LibTorch prints it."""
        return self._operator.schema.text

    def __repr__(self) -> str:
        return f"<torchffi.ops operator {self.schema}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Overload, (self.__name__,)

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Returns None, the result, or a tuple of the results."""
        if not arguments or type(arguments[0]) not in LIBTORCH_CLASSES:
            check_backend(self.__name__, arguments, named)
        operator = self._operator
        keep: list[Any] = []
        values: Sequence[Any] = arguments
        if named or not operator.fewest <= len(arguments) <= operator.by_position:
            values = operator.placed(arguments, named, operator.by_position)
        try:
            results = operator.call(make_any, self._packers, values, keep)
        except KeyError as error:
            raise dtype_error(error) from None
        if operator.targets:
            self._refresh(values, keep)
        self._learn(arguments, named)
        if len(results) == 1:
            return results[0]
        return tuple(results) if results else None

    def _plan(self, types: Types, positional: int) -> Plan | None:
        return self.plan(types, positional, self._call)

    def plan(
        self,
        types: Types,
        positional: int,
        general: General,
        named: Namer = same,
        first: bool = False,
    ) -> Plan | None:
        """The plan of another function that calls this overload: see :func:`plan_code.plan`."""
        return plan(self._operator, types, positional, self._numbers, general, named, first)

    def direct_plan(
        self, types: Types, positional: int, names: Sequence[str], general: General
    ) -> Plan | None:
        """The plan of a function with the same arguments; None where they are others.

        Args:
            types, positional: As for :meth:`plan`.
            names: The function's names of the arguments by position.
            general: The function.
        """
        parameters = self._operator.schema.parameters
        known = [parameter.name for parameter in parameters[:positional]]
        if known[:1] == ["self"]:
            known[:1] = names[:1]
        given = types[positional : positional + (len(types) - positional) // 2]
        required = {p.name for p in parameters[positional:] if p.required}
        same_names = list(names[:positional]) == known and required <= set(given)
        if not same_names or not self._operator.positions.keys() >= set(given):
            return None
        return plan(self._operator, types, positional, self._numbers, general, None)

    def _refresh(self, values: Sequence[Any], keep: list[Any]) -> None:
        views = {id(tensor): view for tensor, view in (one for one in keep if type(one) is tuple)}
        for position in self._operator.targets:
            target = values[position] if position < len(values) else None
            for tensor in target if isinstance(target, (list, tuple)) else (target,):
                if isinstance(tensor, Tensor):
                    _refresh(tensor, views.get(id(tensor), tensor))


def check_backend(name: str, arguments: Iterable[Any], named: Mapping[str, Any]) -> None:
    """Raises UnavailableError unless LibTorch is the backend, or an argument is on it."""
    if default_backend() is FFI or any(map(_on_ffi, (*arguments, *named.values()))):
        return
    raise UnavailableError(f"{name} needs LibTorch, and the backend is NumPy: {numpy_reason()}")


def _on_ffi(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_on_ffi, value))
    return isinstance(value, Tensor) and value._backend is FFI
