"""dtypes, their promotion, and the functions on them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import array_api_strict
import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, FLOATS, INTEGERS, NAMES, SIGNED, UNSIGNED, check, dtype_of
from torchffi import dtypes

STRICT = tuple(name for name in NAMES if name != "float16")


@pytest.mark.parametrize("a", STRICT)
def test_promotion_is_that_of_the_standard(a: str) -> None:
    for b in STRICT:
        try:
            pair = getattr(array_api_strict, a), getattr(array_api_strict, b)
            expected = str(array_api_strict.result_type(*pair)).removeprefix("array_api_strict.")
        except TypeError:
            with pytest.raises(TypeError, match=rf"dtypes {a} and {b} do not mix"):
                t.result_type(dtype_of(a), dtype_of(b))
            assert not t.can_cast(dtype_of(a), dtype_of(b))
        else:
            assert t.result_type(dtype_of(a), dtype_of(b)).name == expected
            assert t.can_cast(dtype_of(a), dtype_of(b)) is (expected == b)


@pytest.mark.parametrize("b", [d.name for d in dtypes.ALL])
@pytest.mark.parametrize("a", ["float16", "bfloat16"])
def test_promotion_of_half_precision_is_that_of_torch(a: str, b: str, torch: Any) -> None:
    if b in ("bool", *INTEGERS):  # the standard does not promote integers with floats
        with pytest.raises(TypeError):
            t.result_type(dtype_of(a), dtype_of(b))
        return
    expected = torch.promote_types(getattr(torch, a), getattr(torch, b))
    assert t.result_type(dtype_of(a), dtype_of(b)).name == str(expected).removeprefix("torch.")
    assert t.result_type(dtype_of(b), dtype_of(a)).name == str(expected).removeprefix("torch.")


def test_dtypes_are_those_of_numpy() -> None:
    for name in NAMES:
        dtype = dtype_of(name)
        assert dtype.numpy == np.dtype(name)
        assert dtype.itemsize == np.dtype(name).itemsize
        assert dtypes.by_numpy(np.dtype(name)) is dtype
        assert repr(dtype) == name
    assert dtypes.bfloat16.numpy is None
    assert dtypes.bfloat16.itemsize == 2
    assert dtypes.by_numpy(np.dtype(np.longlong)) is dtypes.int64


def test_dtype_is_found_by_its_code() -> None:
    assert [dtypes.by_code(dtype.code) for dtype in dtypes.ALL] == list(dtypes.ALL)


def test_dtype_survives_pickle_and_copy_as_the_same_object() -> None:
    for dtype in dtypes.ALL:
        assert pickle.loads(pickle.dumps(dtype)) is dtype
        assert copy.deepcopy(dtype) is copy.copy(dtype) is dtype


def test_half_precision_is_not_in_the_top_namespace() -> None:
    assert not hasattr(t, "float16")
    assert not hasattr(t, "bfloat16")
    assert {name for name in STRICT if getattr(t, name) is dtype_of(name)} == set(STRICT)


@pytest.mark.parametrize("name", ["U3", "O", "datetime64[s]", "longdouble", "i4,f4"])
def test_unsupported_numpy_dtype_is_a_type_error_that_lists_the_others(name: str) -> None:
    with pytest.raises(TypeError, match=r"is not supported; expected one of bool, int8, .*float64"):
        dtypes.by_numpy(np.dtype(name))


KINDS = {
    "bool": ["bool"],
    "signed integer": SIGNED,
    "unsigned integer": UNSIGNED,
    "integral": INTEGERS,
    "real floating": FLOATS,
    "complex floating": COMPLEX,
    "numeric": [*INTEGERS, *FLOATS, *COMPLEX],
}


@pytest.mark.parametrize("kind", KINDS)
def test_isdtype_recognises_kinds(kind: str) -> None:
    assert [name for name in NAMES if t.isdtype(dtype_of(name), kind)] == [
        name for name in NAMES if name in KINDS[kind]
    ]


def test_isdtype_takes_dtypes_and_tuples_and_refuses_other_kinds() -> None:
    assert t.isdtype(t.int8, t.int8)
    assert not t.isdtype(t.int8, t.int16)
    assert t.isdtype(t.int8, ("bool", t.int8))
    assert not t.isdtype(t.int8, ("bool", "real floating"))
    with pytest.raises(TypeError, match="unknown kind 'float'; expected one of bool"):
        t.isdtype(t.int8, "float")


@pytest.mark.parametrize(
    ("scalar", "other", "expected"),
    [
        (True, "int8", "int8"),
        (1, "int8", "int8"),
        (1, "float64", "float64"),
        (1, "bool", "int64"),
        (1.5, "int8", "float32"),
        (1.5, "float16", "float16"),
        (1.5, "complex64", "complex64"),
        (1j, "int8", "complex64"),
        (1j, "float32", "complex64"),
        (1j, "float64", "complex128"),
        (1j, "complex128", "complex128"),
    ],
)
def test_python_scalar_takes_the_dtype_of_the_other_operand_or_its_default(
    scalar: complex, other: str, expected: str, backend: str
) -> None:
    assert t.result_type(dtype_of(other), scalar).name == expected
    assert t.result_type(scalar, t.zeros(1, dtype=dtype_of(other))).name == expected


def test_can_cast_takes_tensors_and_dtypes(backend: str) -> None:
    assert t.can_cast(t.ones(1), t.float64)
    assert not t.can_cast(t.ones(1), t.int64)
    for arguments in (("float32", t.float64), (t.float32, np.float64)):
        with pytest.raises(TypeError, match="can_cast: expected a dtype of torchffi"):
            t.can_cast(*arguments)  # type: ignore[arg-type]


def test_result_type_needs_a_tensor_or_a_dtype() -> None:
    for foreign in ("float32", np.float32, None, [1]):
        with pytest.raises(TypeError, match="result_type: expected a tensor, a dtype or a"):
            t.result_type(t.float32, foreign)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected at least one tensor or dtype"):
        t.result_type(1, 2.0)


@pytest.mark.parametrize("name", NAMES)
def test_astype_converts_as_numpy(name: str, backend: str) -> None:
    values = np.array([0, 1, 2, 100], name)
    x = t.asarray(values)
    for to in NAMES:
        if name in COMPLEX and to not in ("bool", *COMPLEX):
            with pytest.raises(TypeError, match=f"astype: {name} to {to} would drop the imaginary"):
                x.astype(dtype_of(to))
            continue
        converted = t.astype(x, dtype_of(to))
        assert converted.dtype is dtype_of(to)
        assert converted.backend == backend
        np.testing.assert_array_equal(converted.numpy(), values.astype(to))
        assert not np.shares_memory(converted.numpy(), x.numpy())


def test_astype_copies_without_copy_false(backend: str) -> None:
    x = t.ones(2)
    assert x.astype(t.float32, copy=False) is x
    y = x.astype(t.float32)
    y += 1
    assert x.tolist() == [1, 1]


def test_astype_refuses_other_values(backend: str) -> None:
    with pytest.raises(TypeError, match=r"expected a dtype of torchffi such as .*, got 'float32'"):
        t.ones(2).astype("float32")  # type: ignore[arg-type]


def test_bfloat16_rounds_as_in_torch(ffi_backend: None, torch: Any) -> None:
    values = np.array([1.0, 1.00390625, 3.14159, -65504.0, 1e38, np.inf], np.float32)
    x = t.asarray(values).astype(dtypes.bfloat16)
    assert x.dtype is dtypes.bfloat16
    assert (x + x).dtype is dtypes.bfloat16
    assert x.tolist() == torch.tensor(values).bfloat16().float().tolist()
    assert x[1].item() == torch.tensor(values)[1].bfloat16().item()


def test_bfloat16_is_not_implemented_on_numpy(numpy_backend: None) -> None:
    with pytest.raises(NotImplementedError, match="NumPy has no bfloat16; use float32"):
        t.zeros(2, dtype=dtypes.bfloat16)
    with pytest.raises(NotImplementedError, match="NumPy has no bfloat16"):
        t.zeros(2).astype(dtypes.bfloat16)
    with pytest.raises(NotImplementedError, match="NumPy has no bfloat16"):
        t.zeros_like(t.zeros(2), dtype=dtypes.bfloat16)


def test_numpy_of_bfloat16_names_the_cast(ffi_backend: None) -> None:
    with pytest.raises(TypeError, match=r"astype\(torchffi.float32\) before numpy\(\)"):
        t.zeros(2, dtype=dtypes.bfloat16).numpy()


def test_types_of_python_stand_for_dtypes(backend: str) -> None:
    for given, dtype in (
        (bool, t.bool),
        (int, t.int64),
        (float, t.float64),
        (complex, t.complex128),
    ):
        x = t.zeros(2, dtype=given)  # type: ignore[arg-type]
        results = [
            x, t.zeros_like(t.ones(2), dtype=given), t.full(2, 1, dtype=given),
            t.asarray([1], dtype=given), t.ones(2).astype(given), t.eye(2, dtype=given),
        ]  # fmt: skip
        assert [result.dtype for result in results] == [dtype] * 6
    for other in (str, object, np.float32, "float"):
        with pytest.raises(TypeError, match="expected a dtype of torchffi"):
            t.zeros(2, dtype=other)  # type: ignore[arg-type]


CASTS = ["bool", "uint8", "int32", "int64", "float32", "float64"]


@pytest.mark.parametrize("to", [*CASTS, "complex64", "complex128"])
@pytest.mark.parametrize("name", CASTS)
def test_small_tensors_are_converted_as_by_pytorch(
    name: str, to: str, ffi_backend: None, torch: Any
) -> None:
    values = np.array([0, 1, 2, 100, 3], name)
    if "float" in name:
        values[1:4] = [0.5, -1.75, 99.9] if to not in ("bool", "uint8") else [0.5, 1.75, 99.9]
        if to not in ("uint8", "int32", "int64"):
            values[4] = np.nan
    for make in (
        lambda x: x,
        lambda x: x[1],
        lambda x: x[5:],
        lambda x: x[::2],
        lambda x: x.reshape(5, 1).expand(5, 3).mT,
        lambda x: x.reshape(1, 5).expand(700, 5).reshape(-1),
    ):
        x, theirs = make(t.asarray(values.copy())), make(torch.from_numpy(values.copy()))
        expected = theirs.to(getattr(torch, to))
        for mine in (x.astype(getattr(t, to)), x.to(getattr(t, to))):
            check(mine, expected.numpy())
            if name != to:
                assert mine.strides == expected.stride()
        if name != to:
            mine = t.asarray(values.copy())[:1] * t.ones(2, dtype=getattr(t, to))
            check(
                mine, (torch.from_numpy(values[:1]) * torch.ones(2).to(getattr(torch, to))).numpy()
            )


def test_a_conversion_is_a_copy_that_gradients_pass(ffi_backend: None) -> None:
    x = t.ones(3).requires_grad_()
    y = x.double()
    (y * y).sum().backward()
    assert x.grad is not None
    check(x.grad, np.full(3, 2, "float32"))
    z = t.ones(3)
    w = z.astype(t.float32)
    w += 1
    check(z, np.ones(3, "float32"))
