"""Attempts of primitives on NumPy, in C and in Python: what they return and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi._core.tensor_numpy import NUMPY, NumPy, by_numpy, hold_view
from torchffi.dtypes import bfloat16, float32, int64
from torchffi.dtypes import bool as bool_

Attempt = Callable[..., Any]
KIND = NUMPY.classes[float32]
# The implementation in use, in C where it was built, and that in Python.
ATTEMPTS = (NUMPY.attempt, NumPy.attempt)
ATTEMPTS_OF_ANY = (NUMPY.attempt_any, NumPy.attempt_any)
OVERWRITES = (NUMPY.overwrite, NumPy.overwrite)


def _ones() -> Any:
    return np.ones((2, 2), np.float32)


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("add", KIND, np.full((2, 2), 2, np.float32)),
        ("eq", NUMPY.classes[bool_], np.full((2, 2), True)),
        (lambda a, b: np.add.reduce(a, None), KIND, np.array(4, np.float32)),  # a scalar
        (lambda a, b: a.astype(np.float64), KIND, np.ones((2, 2), np.float32)),  # another dtype
        (lambda a, b: np.longlong(3) + a[0, 0] * 0, NUMPY.classes[int64], np.array(3)),
    ],
)
def test_result_is_an_array_of_the_dtype_of_the_class(
    attempt: Attempt, name: Any, kind: Any, expected: Any
) -> None:
    for _ in range(2):
        tensor = attempt(kind, name, _ones(), _ones())
        assert type(tensor) is kind and type(tensor._data) is np.ndarray
        assert tensor._data.dtype == expected.dtype and tensor._data.tolist() == expected.tolist()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_failure_and_several_results_are_left_to_the_slow_path(attempt: Attempt) -> None:
    assert attempt(KIND, "add", _ones(), np.ones(3, np.float32)) is None
    assert attempt(KIND, "no such primitive", _ones()) is None
    assert attempt(KIND, lambda a: (a, a), _ones()) is None
    assert attempt(KIND, lambda a: [a], _ones()) is None
    assert attempt(KIND, [], _ones()) is None  # no key of a dict


@pytest.mark.parametrize("attempt", ATTEMPTS_OF_ANY)
def test_a_result_of_any_dtype_has_its_class(attempt: Attempt) -> None:
    t.from_numpy(_ones())  # fills the table of dtypes
    for dtype in (float32, int64, bool_):
        for function in (lambda a, d=dtype: a.astype(d.numpy), lambda a, d=dtype: d.numpy.type(1)):
            tensor = attempt(by_numpy, function, _ones())
            assert type(tensor) is NUMPY.classes[dtype] and type(tensor._data) is np.ndarray
            assert tensor._data.dtype == dtype.numpy and (tensor._data == 1).all()
    for function in (lambda a: [a], lambda a: (a, a), lambda a: 1.0, lambda a: a / None, "no such"):
        assert attempt(by_numpy, function, _ones()) is None
    assert attempt(by_numpy, lambda a: a.astype("U"), _ones()) is None  # torchffi has no strings


def _interrupted(*_: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "call",
    [
        *((one, KIND) for one in ATTEMPTS),
        *((one, by_numpy) for one in ATTEMPTS_OF_ANY),
        *((one,) for one in OVERWRITES),
    ],
)
def test_interrupt_is_raised(call: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        call[0](*call[1:], _interrupted, _ones())


@pytest.mark.parametrize("overwrite", OVERWRITES)
def test_overwrite_says_whether_it_wrote(overwrite: Attempt) -> None:
    x = _ones()
    assert overwrite("add_", x, _ones()) == 0
    assert x.tolist() == [[2, 2], [2, 2]]
    assert overwrite("add_", x, np.ones(3, np.float32)) == -1
    assert x.tolist() == [[2, 2], [2, 2]]


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.filterwarnings("error")
def test_nothing_warns(attempt: Attempt) -> None:
    assert np.isneginf(attempt(KIND, "log", _ones() * 0)._data).all()


def test_arguments_are_checked_in_c() -> None:
    if NUMPY.attempt is NumPy.attempt:
        pytest.skip("torchffi._speedups was not built, or is disabled")
    for arguments in ((), (KIND,), (3, "add")):
        with pytest.raises(TypeError, match="attempt"):
            NUMPY.attempt(*arguments)
    for arguments in ((), (by_numpy,), (KIND, "add", _ones())):
        with pytest.raises(TypeError, match="attempt_any"):
            NUMPY.attempt_any(*arguments)
    with pytest.raises(TypeError, match="overwrite"):
        NUMPY.overwrite()


def test_scalars_of_numpy_become_arrays_on_the_slow_path() -> None:
    for name in ("all", "amax", "sum", "vecdot"):
        parameters = {"sum": (False, float32.code), "vecdot": ()}.get(name, (False,))
        operands = (np.ones(2, np.float32),) * 2 + (-1,) if name == "vecdot" else (_ones(), (), 0)
        dtype = bool_ if name == "all" else float32
        tensor = NUMPY.run(name, dtype, (*operands, *parameters))
        assert type(tensor._data) is np.ndarray and tensor._data.shape == ()


def test_attempts_inside_an_attempt_are_computed() -> None:
    with t.use_backend("numpy"):
        x = t.ones((2, 2))
        inner = lambda a: (x + x).numpy() + a  # noqa: E731
        assert (NUMPY.attempt(KIND, inner, _ones())._data == 3).all()


def test_a_primitive_with_an_attempt_of_its_own_takes_what_attempt_takes() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    given: dict[str, tuple[Any, ...]] = {
        "squeeze": (x[:1], 0), "unsqueeze": (x, 1), "expand": (x[:1], (4, 3), 2),
        "permute": (x, (1, 0), 2), "reshape": (x, (3, -1), 2), "select": (x, -1, 1),
        "transpose": (x, 0, 1), "narrow": (x, 1, -2, 1), "diagonal": (x, 0, 0, 1),
    }  # fmt: skip
    new = {"arange_real", "astype", "empty", "rand", "randn", "zeros"}
    assert {*given} | new >= {*NUMPY.attempts} >= {*given} | new - {"astype"}
    for name in ("rand", "randn"):
        tensor = NUMPY.attempts[name](KIND, name, (2, 0), 2, float32.code, -1)
        assert tensor._data.dtype == np.float32 and tensor.shape == (2, 0)
        assert NUMPY.attempts[name](KIND, name, (2, 0), 2, float32.code, 0) is None
    tensor = NUMPY.attempts["arange_real"](KIND, "arange_real", 0, (1.0,), 0.5, float32.code, -1)
    assert tensor._data.dtype == np.float32 and tensor.tolist() == [0, 0.5]
    for name, arguments in given.items():
        tensor = NUMPY.attempts[name](KIND, name, *arguments)
        expected = NumPy.attempt(KIND, name, *arguments)
        assert type(tensor) is KIND and type(tensor._data) is np.ndarray
        assert expected is not None and tensor.tolist() == expected.tolist()
        assert np.shares_memory(tensor._data, x) == np.shares_memory(expected._data, x)
        assert NUMPY.attempts[name](KIND, name, x, *[99] * (len(arguments) - 1)) is None
    for name in ("empty", "zeros"):
        attempt, called = NUMPY.attempts[name], NUMPY.called(name)[float32.kind]
        tensor = attempt(KIND, called, (2, 0), 2, float32.code, -1)
        assert tensor._data.dtype == np.float32 and tensor.shape == (2, 0)
        assert attempt(KIND, called, (-1,), 1, float32.code, -1) is None
        kind = NUMPY.classes[bfloat16]
        assert attempt(kind, called, (1,), 1, bfloat16.code, -1) is None


def test_a_tensor_over_a_view_of_an_array() -> None:
    x = _ones()
    t.from_numpy(x)  # fills the table of dtypes
    tensor = hold_view(x, by_numpy)
    assert type(tensor) is KIND and tensor._data is not x and tensor._data.base is x
    for dtype in (">f4", "U1", "datetime64[s]"):
        with pytest.raises(KeyError):
            hold_view(np.zeros(1, dtype), by_numpy)
    if NUMPY.attempt is not NumPy.attempt:  # what C checks
        for arguments in ((), (x,), (x, 3), (x, {x.dtype: 3})):
            with pytest.raises(TypeError, match=r"hold_view|expected a class"):
                hold_view(*arguments)  # type: ignore[call-arg, arg-type]
