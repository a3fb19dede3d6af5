"""arange() and linspace(), on both backends, compared with NumPy and with Python's range()."""

from __future__ import annotations

import numpy as np
import pytest

import torchffi as t
from tests.support import FLOATS, check, dtype_of, inf, nan

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    "arguments",
    [
        (0,), (5,), (-3,), (2, 7), (7, 2), (7, 2, -2), (0, 10, 3), (2**53 + 1, 2**53 + 4),
        (-(2**62), -(2**62) + 2), (0, 7, np.int8(2)),
    ],
)  # fmt: skip
def test_arange_of_integers_is_exact(arguments: tuple[int, ...], backend: str) -> None:
    check(t.arange(*arguments), np.arange(*arguments, dtype="int64"))


@pytest.mark.parametrize(
    "arguments",
    [(2.5,), (0, 1, 0.25), (1, 0, -0.1), (0.5, 3), (0, 1, np.float64(0.25)), (np.float32(1.5),),
     (0, 1, 0.1), (1.0, 1.0)],
)  # fmt: skip
def test_arange_of_floats_has_the_values_of_numpy(
    arguments: tuple[float, ...], backend: str
) -> None:
    check(t.arange(*arguments), np.arange(*arguments, dtype="float64").astype("float32"), atol=1e-7)


def test_arange_of_floats_as_integers_truncates_the_values(backend: str) -> None:
    # Compute the values 0, 0.5, 1, ... and convert them; do not round the step to 0.
    check(t.arange(0, 2.5, 0.5, dtype=t.int64), np.array([0, 0, 1, 1, 2]))


@pytest.mark.parametrize("arguments", [(0, 5, 0), (0.0, 1.0, 0.0)])
def test_arange_with_step_0_is_a_value_error(arguments: tuple[float, ...], backend: str) -> None:
    with pytest.raises(ValueError, match="arange: step must not be 0"):
        t.arange(*arguments)


@pytest.mark.parametrize("arguments", [(inf,), (nan,), (0, inf), (0, 1, nan), (0, 1e300, 1e-300)])
def test_arange_without_an_end_is_a_value_error(arguments: tuple[float, ...], backend: str) -> None:
    with pytest.raises(ValueError, match="arange: "):
        t.arange(*arguments)


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("num", [0, 1, 2, 7])
def test_linspace_has_the_values_of_numpy(num: int, endpoint: bool, backend: str) -> None:
    for name in FLOATS:
        expected = np.linspace(-1, 2, num, endpoint=endpoint).astype(name)
        check(t.linspace(-1, 2, num, endpoint=endpoint, dtype=dtype_of(name)), expected)


@pytest.mark.parametrize("endpoint", [True, False])
def test_linspace_between_complex_numbers_is_complex(endpoint: bool, backend: str) -> None:
    actual = t.linspace(1 - 2j, 3 + 4j, 7, endpoint=endpoint)
    check(actual, np.linspace(1 - 2j, 3 + 4j, 7, endpoint=endpoint).astype("complex64"))
    check(t.linspace(0, 1, 3, dtype=t.complex128), np.array([0, 0.5, 1], "complex128"))
    with pytest.raises(TypeError, match=r"linspace: .*imaginary"):
        t.linspace(0, 1j, 3, dtype=t.float64)


def test_linspace_rejects_integers_and_negative_counts(backend: str) -> None:
    with pytest.raises(TypeError, match="linspace: int64 is not supported"):
        t.linspace(0, 1, 3, dtype=t.int64)
    with pytest.raises(ValueError, match=r"linspace: .*negative"):
        t.linspace(0, 1, -1)


BORDER = 2**63
FAR_RANGES = [
    (-BORDER, BORDER - 1, 2**62), (-BORDER, BORDER, 2**61), (BORDER - 1, -BORDER, -(2**62)),
    (-BORDER, BORDER - 1, BORDER - 1), (0, BORDER - 1, 2**53 + 1), (-1, 2**53, 2**52),
    (BORDER - 3, BORDER), (-BORDER, -BORDER + 3), (BORDER - 1, BORDER - 4, -1), (0, 10, 2**70),
    (5, 2**70, 2**70),
]  # fmt: skip


@pytest.mark.parametrize("arguments", FAR_RANGES)
def test_arange_of_far_integers_is_that_of_python(arguments: tuple[int, ...], backend: str) -> None:
    check(t.arange(*arguments), np.array(list(range(*arguments)), "int64"))
    floats = np.array(list(map(float, range(*arguments))))
    check(t.arange(*arguments, dtype=t.float64), floats)


@pytest.mark.parametrize(
    "arguments",
    [
        (BORDER, BORDER + 3), (BORDER - 1, BORDER + 2), (2 * BORDER - 3, 2 * BORDER),
        (0, 2 * BORDER, BORDER - 1), (2 * BORDER - 1, -1, -(2**62)), (0, 2 * BORDER, 2**53 + 1),
        (2 * BORDER - 1, 2 * BORDER - 4, -1), (7, 2, -2),
    ],
)  # fmt: skip
def test_arange_of_uint64_is_exact(arguments: tuple[int, ...], backend: str) -> None:
    expected = np.array(list(range(*arguments)), "uint64")
    check(t.arange(*arguments, dtype=t.uint64), expected)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((257,), "uint8"), ((-1, 3), "uint64"), ((-129, 0), "int8"), ((BORDER, BORDER + 3), "int64"),
        ((0.0, 301.0, 100.0), "uint8"), ((-1.0, 1.0), "uint16"), ((2**100, 2**100 + 5), "uint64"),
        ((0, 2 * BORDER + 1, BORDER), "uint64"),
    ],
)  # fmt: skip
def test_arange_of_values_that_do_not_fit_is_a_value_error(
    arguments: tuple[float, ...], name: str, backend: str
) -> None:
    with pytest.raises(ValueError, match=f"arange: .* does not fit into {name}"):
        t.arange(*arguments, dtype=dtype_of(name))


def test_arange_of_bool_tells_which_values_are_not_0(backend: str) -> None:
    for arguments in ((2,), (5,), (-2, 2), (0.0, 1.5, 0.5)):
        check(t.arange(*arguments, dtype=t.bool), np.arange(*arguments) != 0)


def test_the_end_of_a_range_need_not_fit_the_dtype(backend: str) -> None:
    check(t.arange(256, dtype=t.uint8), np.arange(256).astype("uint8"))
    check(t.arange(3, -1, -1, dtype=t.uint8), np.array([3, 2, 1, 0], "uint8"))


def test_arange_of_integers_beyond_int64_as_floats(backend: str) -> None:
    expected = np.array([2.0**100, 2.0**100 + 2.0**80, 2.0**100 + 2.0**81])
    check(t.arange(2**100, 2**100 + 3 * 2**80, 2**80, dtype=t.float64), expected)


SPANS = [(-1e308, 1e308), (1e308, -1e308), (-1.7976931348623157e308, 1.7976931348623157e308)]


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("ends", SPANS)
def test_linspace_whose_span_exceeds_float64_is_finite(
    ends: tuple[float, float], endpoint: bool, backend: str
) -> None:
    for num in (1, 2, 5):
        halves = np.linspace(ends[0] / 2, ends[1] / 2, num, endpoint=endpoint)
        actual = t.linspace(*ends, num, endpoint=endpoint, dtype=t.float64)
        check(actual, 2 * halves, rtol=1e-15)
    assert t.linspace(*ends, 5, dtype=t.float64).tolist()[-1] == ends[1]
    parts = t.linspace(complex(*ends), -complex(*ends), 3, dtype=t.complex128)
    assert parts.tolist() == [complex(*ends), 0, -complex(*ends)]


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_linspace_spans_the_whole_dtype(name: str, backend: str) -> None:
    largest = float(np.finfo(name).max)
    expected = np.array([-largest, -largest / 2, 0, largest / 2, largest]).astype(name)
    check(t.linspace(-largest, largest, 5, dtype=dtype_of(name)), expected)


def test_linspace_to_infinity_gives_no_warning(backend: str) -> None:
    check(t.linspace(0, inf, 3), np.array([nan, inf, inf], "float32"))
    with pytest.raises(ValueError, match="linspace: an integer of this size does not fit"):
        t.linspace(0, 10**400, 3)


def test_0d_tensors_count_as_numbers(backend: str) -> None:
    three, half = t.asarray(3), t.asarray(0.5, dtype=t.float64)
    check(t.arange(three), np.arange(3))
    check(t.arange(0, three, half), np.arange(0, 3, 0.5))
    check(t.arange(t.asarray(2, dtype=t.int16), 4), np.arange(2, 4, dtype="int16"))
    check(t.linspace(half, three, three), np.linspace(0.5, 3, 3))
    check(t.linspace(0, three, 4), np.linspace(0, 3, 4).astype("float32"))
    check(t.linspace(t.asarray(1j), 1, 3), np.linspace(1j, 1, 3).astype("complex64"))
    with pytest.raises(TypeError, match=r"arange: expected a scalar, got shape \(1,\)"):
        t.arange(t.ones(1))
    with pytest.raises(TypeError, match="arange: complex64 is not supported"):
        t.arange(1j)  # type: ignore[arg-type]
