"""The NumPy backend and its tensors, which hold arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import repeat
from operator import attrgetter, getitem

from torchffi import dtypes
from torchffi._core import dtype_classes
from torchffi._core.lifetimes import speedups
from torchffi._core.tensor import Backend, Tensor
from torchffi._lazy_numpy import np
from torchffi._numpy import attempts, primitives
from torchffi._numpy.quiet import WHOLE, WITHOUT_WARNINGS, Run, new_runner, quietly
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import DType

_new = object.__new__


@cache
def _runner(divide: str) -> Run:
    """For all fast paths; a context can be entered only once at a time."""
    return new_runner(divide)


class _Functions(dict[Any, tuple[Any, ...]]):
    """Cache of the primitives: a function and its first arguments, which call one without warnings.

    The ufunc itself is called if it needs no checks. What only makes views gives no warnings. The key is
    the name of a primitive, or another function of arrays.
    """

    def __missing__(self, name: Any) -> tuple[Any, ...]:
        named = isinstance(name, str)
        function = (primitives.ufunc(name) or getattr(primitives, name)) if named else name
        quiet = name in WITHOUT_WARNINGS or name is getitem
        divide = "raise" if name in WHOLE else "ignore"
        self[name] = call = (function,) if quiet else (_runner(divide), function)
        return call


_functions: Final = _Functions()


def _call(name: Any, raw: tuple[Any, ...]) -> Any:
    function, *first = _functions[name]
    return function(*first, *raw)


class NumPy(Backend):
    """The NumPy backend. Raw data is an array."""

    name = "numpy"
    primitives = primitives
    attempts: dict[str, Any]  # by primitive: attempts that take less time than attempt()

    def wrap(self, array: np.ndarray[Any, Any], dtype: DType) -> Tensor:
        """A tensor over an array, which is converted to the dtype if it has another one."""
        return hold(_of_dtype(array, dtype), self.classes[dtype])

    def run(self, name: str, dtype: DType, raw: Sequence[Any]) -> Tensor:
        """Calls a primitive on raw data; returns its result as a tensor of a dtype."""
        return self.wrap(self.compute(name, raw), dtype)

    @staticmethod
    def called(name: str) -> dict[str, str]:
        """The primitives that attempts call for another one, by the kind of the operands' dtype."""
        return attempts.called(name, speedups is not None)

    @staticmethod
    def attempt(kind: type[Tensor], name: Any, /, *raw: Any) -> Tensor | None:
        """Calls a primitive, or another function of arrays.

        Returns:
            Its result as a tensor of a class; None if it raises.
        """
        try:
            array = _call(name, raw)
            if type(array) is not np.ndarray or array.dtype is not kind._dtype.numpy:
                array = _fit(array, kind)
        except Exception:  # also RuntimeError: the context is in use by another thread or a caller
            return None
        tensor = _new(kind)
        tensor._data = array
        return tensor

    @staticmethod
    def attempt_any(classes: dict[Any, type[Tensor]], name: Any, /, *raw: Any) -> Tensor | None:
        """As :meth:`attempt`, for a result of any dtype, whose class is looked up in a dict."""
        try:
            return hold_view(_call(name, raw), classes)
        except Exception:  # as in attempt()
            return None

    def attempt_several(self, kind: Any, name: Any, /, *raw: Any) -> Any:
        """As :meth:`attempt`, for a primitive with several results.

        Args:
            kind: A function that makes the result from a list of tensors, and their dtypes; None for
                those of the arrays.
            name: The primitive, or another function of arrays.
            raw: Its arguments.
        """
        collect, given = kind
        try:
            arrays = _call(name, raw)
            if isinstance(arrays, np.ndarray):
                return None
            of = given or [dtypes.by_numpy(array.dtype) for array in arrays]
            return collect(
                [self.wrap(array, dtype) for array, dtype in zip(arrays, of, strict=True)]
            )
        except Exception:  # as in attempt()
            return None

    @staticmethod
    def overwrite(name: Any, /, *raw: Any) -> int:
        """Calls a primitive that overwrites its first operand; returns 0, or -1 if it raises."""
        try:
            _call(name, raw)
        except Exception:  # as in attempt()
            return -1
        return 0

    def run_many(
        self, name: str, dtypes: Sequence[DType], raw: Sequence[Any]
    ) -> tuple[Tensor, ...]:
        """Calls a primitive with several results."""
        return tuple(map(self.wrap, self.compute(name, raw), dtypes))

    def run_in_place(self, name: str, raw: Sequence[Any]) -> None:
        """Calls a primitive that overwrites its first operand."""
        self.compute(name, raw)

    def compute(self, name: str, raw: Sequence[Any]) -> Any:
        """Calls a primitive and returns its result. NumPy's exceptions become those of torchffi."""
        try:
            return quietly(getattr(primitives, name), *raw)
        except Exception as error:
            raise primitives.as_torch_error(error) from None

    def from_array(self, array: np.ndarray[Any, Any]) -> Tensor:
        """A tensor over an array's memory. It holds a new view, without the array's subclass."""
        return hold(array.view(np.ndarray), self.classes[dtypes.by_numpy(array.dtype)])


_dtypes: Final[dict[type[Tensor], Any]] = {}  # NumPy's dtype of each class, for the speedups


def _fit(value: Any, kind: type[Tensor]) -> np.ndarray[Any, Any]:
    """A result, which may be a scalar of NumPy, as an array of the dtype of a class.

    Raises:
        TypeError: If it is something else, such as several arrays.
    """
    if not isinstance(value, (np.ndarray, np.generic)):
        raise TypeError(f"expected an array, got {type(value).__name__}")
    array, dtype = np.asarray(value), kind._dtype.numpy
    _dtypes[kind] = dtype
    return array if array.dtype is dtype else array.astype(dtype, copy=False)


def _of_dtype(array: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
    array = np.asarray(array)  # of a scalar of NumPy
    exact = array.dtype is dtype.numpy or array.dtype == dtype.numpy
    return array if exact else array.astype(dtype.numpy)


NUMPY: Final = NumPy()


class NumpyTensor(Tensor):
    """A tensor on NumPy. Its data is an array."""

    __slots__ = ("__weakref__", "_data")
    _backend = NUMPY
    _data: np.ndarray[Any, Any]

    def _free(self) -> None:
        dtype_classes.mark_freed(self, _drop)

    # Properties of the array: a getter in C saves a frame of Python.
    shape = property(attrgetter("_data.shape"), doc="Number of elements along each axis.")
    ndim = property(attrgetter("_data.ndim"), doc="Number of axes.")
    size = property(attrgetter("_data.size"), doc="Number of elements.")
    nbytes = property(attrgetter("_data.nbytes"), doc="Bytes of all elements.")

    def numel(self) -> int:
        """Number of elements."""
        return self._data.size

    @property
    def device(self) -> str:
        """The device of the elements, ``"cpu"``."""
        return "cpu" if self._alive else super().device

    def is_contiguous(self) -> bool:
        """Whether the elements are in C order without gaps."""
        return self._data.flags.c_contiguous

    def tolist(self) -> Any:
        """The values as nested lists of Python scalars."""
        return self._data.tolist()

    def item(self) -> Any:
        """The value of the only element, as a Python scalar. ValueError if there are more or fewer."""
        data = self._data
        return data.item() if data.size == 1 else super().item()

    def __bool__(self) -> bool:
        data = self._data
        return bool(data.item()) if data.size == 1 else super().__bool__()

    def __int__(self) -> int:
        data = self._data
        return int(data.item()) if data.size == 1 else super().__int__()

    def __float__(self) -> float:
        data = self._data
        return float(data.item()) if data.size == 1 else super().__float__()

    def __index__(self) -> int:
        data = self._data
        value = data.item() if data.size == 1 else None
        return value if type(value) is int else super().__index__()

    def __len__(self) -> int:
        data = self._data
        return len(data) if data.ndim else super().__len__()

    def __iter__(self) -> Iterator[Tensor]:
        data, kind = self._data, type(self)
        if data.ndim > 1:
            return map(hold, data, repeat(kind))
        if not data.ndim:
            super().__len__()  # raises
        return _elements(data, kind)

    def _array_view(self) -> np.ndarray[Any, Any]:
        return self._data.view()  # type: ignore[no-any-return]


def _elements(data: np.ndarray[Any, Any], kind: type[Tensor]) -> Iterator[Tensor]:
    for i in range(len(data)):
        tensor = _new(kind)
        tensor._data = data[i, ...]
        yield tensor


_slot: Any = NumpyTensor.__dict__["_data"]  # the property of a freed tensor's class hides it


def _drop(tensor: Tensor) -> bool:
    try:
        _slot.__delete__(tensor)
    except AttributeError:
        return False
    return True


def hold(array: np.ndarray[Any, Any], kind: type[Tensor]) -> Tensor:
    """A tensor of a class over an array, which has the dtype of the class."""
    tensor = _new(kind)
    tensor._data = array
    return tensor


def hold_view(array: np.ndarray[Any, Any], classes: dict[Any, type[Tensor]]) -> Tensor:
    """A tensor over a view of an array, of the class of its dtype. KeyError for an unknown dtype."""
    return hold(array[...], classes[array.dtype])


NUMPY.classes = dtype_classes.of_dtypes(NumpyTensor)


class _Classes(dict[Any, type[Tensor]]):
    """Cache of the classes by NumPy's dtypes. KeyError for a dtype that torchffi does not have."""

    def __missing__(self, dtype: np.dtype[Any]) -> type[Tensor]:
        self[dtype] = kind = NUMPY.classes[dtypes.BY_NUMPY[dtype]]
        return kind


by_numpy: Final = _Classes()
if speedups is not None:
    speedups.setup_arrays(_functions, _fit, _dtypes, _slot)
    NUMPY.attempt, NUMPY.overwrite = speedups.attempt, speedups.overwrite  # type: ignore[method-assign]
    NUMPY.attempt_any = speedups.attempt_any  # type: ignore[method-assign]
    hold, hold_view = speedups.hold, speedups.hold_view
NUMPY.attempts = attempts.attempts(hold, speedups)
