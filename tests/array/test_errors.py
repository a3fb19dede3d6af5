"""Invalid indices, types and values: the same exception and message on both backends."""

from __future__ import annotations

import numpy as np
import pytest

import torchffi as t
from tests.array.mistakes import Mistake, check_mistake, ints, ones

pytestmark = pytest.mark.filterwarnings("error")


INDICES: dict[str, Mistake] = {
    "index": (
        lambda: ones(2, 3)[0, 3],
        IndexError,
        "index: 3 is out of range for axis 1 of shape (2, 3)",
    ),
    "too many": (
        lambda: ones(2, 3)[0, 0, 0],
        IndexError,
        "index: too many indices: 3 axes are indexed, but shape (2, 3) has only 2",
    ),
    "sum": (
        lambda: ones(2, 3).sum(2),
        IndexError,
        "sum: axis 2 is out of range for shape (2, 3)",
    ),
    "argmax": (
        lambda: ones(2, 3).argmax(-3),
        IndexError,
        "argmax: axis -3 is out of range for shape (2, 3)",
    ),
    "softmax": (
        lambda: t.nn.softmax(ones(2, 3), 2),
        IndexError,
        "softmax: axis 2 is out of range for shape (2, 3)",
    ),
    "select": (
        lambda: t.select(ones(2, 3), 1, 3),
        IndexError,
        "select: index 3 is out of range for axis 1 of shape (2, 3)",
    ),
    "narrow": (
        lambda: ones(2, 3).narrow(1, 2, 2),
        IndexError,
        "narrow: 2 elements from 2 on are out of range for shape (2, 3)",
    ),
    "expand_dims": (
        lambda: t.expand_dims(ones(2, 3), axis=4),
        IndexError,
        "expand_dims: axis 4 is out of range for shape (2, 3)",
    ),
    "permute": (
        lambda: ones(2, 3).permute(0, 2),
        IndexError,
        "permute_dims: axis 2 is out of range for shape (2, 3)",
    ),
    "concat": (
        lambda: t.concat([ones(2)], axis=1),
        IndexError,
        "concat: axis 1 is out of range for shape (2,)",
    ),
    "embedding": (
        lambda: t.nn.embedding(ints(0, 2), ones(2, 3)),
        IndexError,
        "embedding: an index is out of range for 2 rows",
    ),
}
TYPES: dict[str, Mistake] = {
    "mix": (
        lambda: ones(2) @ ints(1, 2),
        TypeError,
        "matmul: dtypes float32 and int64 do not mix; convert one of them with astype()",
    ),
    "unsupported": (
        lambda: ones(2) & ones(2),
        TypeError,
        "bitwise_and: float32 is not supported; expected an integer dtype or bool",
    ),
    "no tensor": (
        lambda: t.sum([1, 2]),  # type: ignore[arg-type]
        TypeError,
        "sum: expected a Tensor, got list; make one with torchffi.asarray()",
    ),
    "axis": (
        lambda: ones(2).sum("a"),  # type: ignore[arg-type]
        TypeError,
        "sum: axis must be an int, got 'a'",
    ),
    "two axes": (
        lambda: t.argmax(ones(2, 3), axis=(0, 1)),  # type: ignore[arg-type]
        TypeError,
        "argmax: axis must be an int, got (0, 1)",
    ),
    "dtype by name": (
        lambda: t.zeros(2, dtype="float32"),  # type: ignore[arg-type]
        TypeError,
        "zeros: expected a dtype of torchffi such as torchffi.float32, got 'float32'",
    ),
    "sum to a dtype by name": (
        lambda: ones(2).sum(dtype="float64"),  # type: ignore[arg-type]
        TypeError,
        "sum: expected a dtype of torchffi such as torchffi.float32, got 'float64'",
    ),
    "asarray to a dtype of NumPy": (
        lambda: t.asarray([1], dtype=np.int8),  # type: ignore[arg-type]
        TypeError,
        "asarray: expected a dtype of torchffi such as torchffi.float32, got <class 'numpy.int8'>",
    ),
    "shape": (
        lambda: ones(2).reshape(2.0),
        TypeError,
        "reshape: shape must be an int or a sequence of ints, got 2.0",
    ),
    "index": (
        lambda: ones(2)["a"],
        TypeError,
        "index: 'a' is not a valid index; expected an int, a slice, ..., None, or a tensor of "
        "integers or bools",
    ),
}
VALUES: dict[str, Mistake] = {
    "division": (lambda: ints(2) // 0, ValueError, "floor_divide: integer division by zero"),
    "remainder": (lambda: ints(2) % ints(0), ValueError, "remainder: integer division by zero"),
    "power": (
        lambda: ints(2) ** -1,
        ValueError,
        "pow: negative exponent of int64; convert to a floating-point dtype first",
    ),
    "scalar": (
        lambda: t.ones(2, dtype=t.int8) * 128,
        ValueError,
        "multiply: 128 does not fit into int8",
    ),
    "huge scalar": (
        lambda: ones(2) + 10**400,
        ValueError,
        "add: an integer of this size does not fit into float32",
    ),
    "huge value": (
        lambda: t.full(2, -(10**400), dtype=t.float64),
        ValueError,
        "full: an integer of this size does not fit into float64",
    ),
    "negative shape": (
        lambda: t.zeros((2, -1)),
        ValueError,
        "zeros: shape (2, -1) has a negative dimension",
    ),
    "size": (
        lambda: t.zeros(2**62),
        ValueError,
        "zeros: shape (4611686018427387904,) is too large",
    ),
    "device": (
        lambda: t.zeros(2, device="tpu"),
        ValueError,
        "device is 'tpu', expected 'cpu' or 'cuda:0', 'cuda:1', ...",
    ),
    "slice": (
        lambda: ones(2)[::0],
        ValueError,
        "index: slice step must not be 0",
    ),
}
MISTAKES = {
    f"{kind}: {name}": mistake
    for kind, table in (("index", INDICES), ("type", TYPES), ("value", VALUES))
    for name, mistake in table.items()
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_raises_the_same_exception_and_message_on_both_backends(
    name: str, backend: str
) -> None:
    check_mistake(MISTAKES[name])


def test_message_of_libtorch_has_no_backtrace(ffi_backend: None) -> None:
    with pytest.raises(NotImplementedError) as raised:
        t.ops.aten.cumsum(t.ones(2, dtype=t.uint16), 0, dtype=t.uint16)
    assert "\n" not in str(raised.value)
    assert "Exception raised from" not in str(raised.value)
