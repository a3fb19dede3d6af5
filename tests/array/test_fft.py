"""Fourier transforms, on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    NAMES,
    PRECISE,
    ROUNDING,
    check,
    dtype_of,
    noise,
    sample,
)
from torchffi import dtypes

pytestmark = pytest.mark.filterwarnings("error")

REAL = ("float32", "float64")
# The dtypes that each function accepts, and whether its result is real.
ONE_AXIS: dict[str, tuple[tuple[str, ...], bool]] = {
    "fft": (PRECISE, False),
    "ifft": (PRECISE, False),
    "rfft": (REAL, False),
    "irfft": (COMPLEX, True),
    "hfft": (COMPLEX, True),
    "ihfft": (REAL, False),
}
AXES: dict[str, tuple[tuple[str, ...], bool]] = {
    "fftn": (PRECISE, False),
    "ifftn": (PRECISE, False),
    "rfftn": (REAL, False),
    "irfftn": (COMPLEX, True),
}
NORMS = ("backward", "ortho", "forward")


def _cases(table: dict[str, tuple[tuple[str, ...], bool]]) -> list[tuple[str, str]]:
    return [(function, name) for function, (names, _) in table.items() for name in names]


def _compare(function: str, name: str, x: Any, **options: Any) -> None:
    """Compares with NumPy, which computes in double precision."""
    wide = x.astype("complex128" if name in COMPLEX else "float64")
    expected = getattr(np.fft, function)(wide, **options)
    of_real = dtypes.real_of(dtype_of(name))
    real = {**ONE_AXIS, **AXES}[function][1]
    exact = of_real if real else dtypes.complex_of(of_real)
    actual = getattr(t.fft, function)(t.asarray(x), **options)
    check(actual, expected.astype(exact.name), rtol=ROUNDING[name], atol=ROUNDING[name])


def test_the_namespace_has_the_names_of_the_standard() -> None:
    shifts = ("fftfreq", "rfftfreq", "fftshift", "ifftshift")
    assert set(t.fft.__all__) == {*ONE_AXIS, *AXES, *shifts}
    for name in t.fft.__all__:
        function = getattr(t.fft, name)
        assert (function.__name__, function.__module__) == (name, "torchffi.fft")
        assert "Source: aten::" in function.__doc__


@pytest.mark.parametrize(("function", "name"), _cases(ONE_AXIS))
@pytest.mark.parametrize("norm", NORMS)
def test_transforms_along_an_axis_have_the_values_of_numpy(
    norm: str, function: str, name: str, backend: str
) -> None:
    for shape, axis in (((6,), -1), ((5,), 0), ((2, 3, 4), -2), ((2, 3, 4), 0), ((7, 2), 0)):
        x = noise(name, *shape)
        _compare(function, name, x, axis=axis, norm=norm)
        for n in (1, 2, 3, 5, 8):
            _compare(function, name, x, n=n, axis=axis, norm=norm)
    _compare(function, name, noise(name, 3, 4))


@pytest.mark.parametrize(("function", "name"), _cases(AXES))
@pytest.mark.parametrize("norm", NORMS)
def test_transforms_along_axes_have_the_values_of_numpy(
    norm: str, function: str, name: str, backend: str
) -> None:
    x = noise(name, 2, 3, 4)
    for axes in (None, (0,), [1, 2], (2, 0), (-1, -3, 1)):
        _compare(function, name, x, axes=axes, norm=norm)
    for s, axes in (((3,), (1,)), ([2, 6], [0, 1]), ((5, 1), (2, 0)), ((4, -1), (1, 2))):
        last = 6 if function == "irfftn" else 4  # -1 is the length of the axis
        lengths = [last if n == -1 else n for n in s]
        _compare(function, name, x, s=lengths, axes=axes, norm=norm)
        actual = getattr(t.fft, function)(t.asarray(x), s=s, axes=axes, norm=norm)
        expected = getattr(t.fft, function)(t.asarray(x), s=lengths, axes=axes, norm=norm)
        check(actual, expected.numpy())
    _compare(function, name, x)


@pytest.mark.parametrize("name", COMPLEX)
def test_inverses_undo(name: str, backend: str) -> None:
    x = t.asarray(noise(name, 3, 5))
    real = t.asarray(noise(name, 3, 5).real)
    tolerance = {"rtol": ROUNDING[name], "atol": ROUNDING[name]}
    fft = t.fft
    check(fft.ifft(fft.fft(x)), x.numpy(), **tolerance)
    check(fft.ifftn(fft.fftn(x)), x.numpy(), **tolerance)
    check(fft.irfft(fft.rfft(real), n=5), real.numpy(), **tolerance)
    check(fft.irfftn(fft.rfftn(real), s=(3, 5), axes=(0, 1)), real.numpy(), **tolerance)
    check(fft.hfft(fft.ihfft(real), n=5), real.numpy(), **tolerance)


@pytest.mark.parametrize(("function", "name"), _cases(ONE_AXIS))
def test_an_operand_without_elements_counts_as_zeros(
    function: str, name: str, backend: str
) -> None:
    x = t.asarray(np.zeros((0, 4), name))
    transform = getattr(t.fft, function)
    length = 5 // 2 + 1 if function in ("rfft", "ihfft") else 5
    assert transform(x, n=5).shape == (0, length)
    filled = transform(x, n=5, axis=0)
    assert filled.shape == (length, 4)
    assert not filled.numpy().any()
    filled[0, 0] = 1  # the elements do not overlap
    assert np.count_nonzero(filled.numpy()) == 1
    with pytest.raises(ValueError, match=rf"{function}: shape \(0, 4\) has too few elements along"):
        transform(x, axis=0)


@pytest.mark.parametrize("function", ["irfft", "hfft", "irfftn"])
def test_an_empty_result_is_an_error(function: str, backend: str) -> None:
    x = t.ones((2, 1), dtype=t.complex64)
    with pytest.raises(ValueError, match=rf"{function}: shape \(2, 1\) has too few elements along"):
        getattr(t.fft, function)(x)


@pytest.mark.parametrize("function", [*ONE_AXIS, *AXES])
def test_other_dtypes_are_a_type_error(function: str, backend: str) -> None:
    supported = {**ONE_AXIS, **AXES}[function][0]
    for name in NAMES:
        if name not in supported:
            with pytest.raises(TypeError, match=f"{function}: {name} is not supported; expec"):
                getattr(t.fft, function)(t.ones(4, dtype=dtype_of(name)))
    with pytest.raises(TypeError, match=f"{function}: expected a Tensor, got list"):
        getattr(t.fft, function)([1.0])


@pytest.mark.parametrize("function", ONE_AXIS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "length must be at least 1, got 0"),
        ({"n": -3}, ValueError, "length must be at least 1, got -3"),
        ({"n": 1.5}, TypeError, r"length must be an int, got 1\.5"),
        ({"axis": 2}, IndexError, r"axis 2 is out of range for shape \(2, 3\)"),
        ({"norm": "none"}, ValueError, "norm is 'none', expected 'backward', 'ortho' or 'forward'"),
    ],
)
def test_invalid_arguments_of_a_transform_along_one_axis(
    arguments: Any, error: Any, message: str, function: str, backend: str
) -> None:
    x = t.ones((2, 3), dtype=dtype_of(ONE_AXIS[function][0][0]))
    with pytest.raises(error, match=f"{function}: {message}") as raised:
        getattr(t.fft, function)(x, **arguments)
    assert isinstance(raised.value, t.TorchError)


@pytest.mark.parametrize("function", AXES)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"s": (2, 3)}, ValueError, "s requires axes"),
        (
            {"s": (2,), "axes": (0, 1)},
            ValueError,
            "got 1 lengths for 2 axes; expected one per axis",
        ),
        ({"axes": ()}, ValueError, "got 0 lengths for 0 axes; expected one per axis"),
        ({"s": (2, 0), "axes": (0, 1)}, ValueError, "length must be at least 1, got 0"),
        ({"axes": (0, 0)}, ValueError, r"axis \(0, 0\) repeats an axis"),
        ({"axes": (2,)}, IndexError, r"axis 2 is out of range for shape \(2, 3\)"),
        ({"norm": None}, ValueError, "norm is None, expected 'backward'"),
    ],
)
def test_invalid_arguments_of_a_transform_along_several_axes(
    arguments: Any, error: Any, message: str, function: str, backend: str
) -> None:
    x = t.ones((2, 3), dtype=dtype_of(AXES[function][0][0]))
    with pytest.raises(error, match=f"{function}: {message}") as raised:
        getattr(t.fft, function)(x, **arguments)
    assert isinstance(raised.value, t.TorchError)


def test_a_length_without_memory_is_an_error_of_the_function(backend: str) -> None:
    with pytest.raises((MemoryError, ValueError), match=r"^fftn: "):
        t.fft.fftn(t.ones(2), s=(2**60,), axes=(0,))


# ---- Frequencies and shifts


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, np.int64(4)])
@pytest.mark.parametrize("d", [1.0, 0.1, -2])
def test_frequencies_are_those_of_numpy(d: float, n: int, name: str, backend: str) -> None:
    for function in ("fftfreq", "rfftfreq"):
        expected = getattr(np.fft, function)(n, d).astype(name)
        check(getattr(t.fft, function)(n, d=d, dtype=dtype_of(name)), expected, signed_zero=False)
        check(getattr(t.fft, function)(n), getattr(np.fft, function)(n).astype("float32"))
        assert getattr(t.fft, function)(n, device="cpu").shape == expected.shape


@pytest.mark.parametrize("function", [t.fft.fftfreq, t.fft.rfftfreq])
def test_frequencies_of_nothing_are_an_error(function: Any, backend: str) -> None:
    name = function.__name__
    for n in (0, -1):
        with pytest.raises(ValueError, match=f"{name}: n must be at least 1, got {n}"):
            function(n)
    with pytest.raises(TypeError, match=rf"{name}: n must be an int, got 2\.0"):
        function(2.0)
    with pytest.raises(ValueError, match=f"{name}: d must not be 0"):
        function(2, d=0)
    for dtype in (t.int64, t.complex64):
        with pytest.raises(TypeError, match=f"{name}: {dtype} is not supported"):
            function(2, dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(4,), (5,), (2, 3), (3, 4, 5), (0,), (0, 3), ()])
def test_shifts_exchange_the_halves(shape: tuple[int, ...], name: str, backend: str) -> None:
    x = sample(name, int(np.prod(shape))).reshape(shape)
    for function in ("fftshift", "ifftshift"):
        shift, of_numpy = getattr(t.fft, function), getattr(np.fft, function)
        check(shift(t.asarray(x)), of_numpy(x) if shape else x)
        for axes in (0, [0], (-1, 0)) if len(shape) > 1 else ():
            check(shift(t.asarray(x), axes=axes), of_numpy(x, axes))
        check(shift(t.asarray(x), axes=()), x)
    check(t.fft.ifftshift(t.fft.fftshift(t.asarray(x))), x)


@pytest.mark.parametrize("function", [t.fft.fftshift, t.fft.ifftshift])
def test_shifts_copy_and_need_axes_in_range(function: Any, backend: str) -> None:
    x = t.ones(1)
    for result in (function(x), function(x, axes=())):
        result[0] = 2
    assert x.item() == 1
    with pytest.raises(IndexError, match=f"{function.__name__}: axis 1 is out of range"):
        function(x, axes=1)


def test_integers_have_no_transform_but_shifts(backend: str) -> None:
    for name in INTEGERS:
        x = t.asarray(np.arange(4).astype(name))
        check(t.fft.fftshift(x), np.array([2, 3, 0, 1], name))
