"""Invalid calls: the same exception on both backends, and a message that shows the shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import handles, settled

pytestmark = pytest.mark.filterwarnings("error")


def _ones(*shape: int) -> t.Tensor:
    return t.ones(shape)


def _ints(*values: int) -> t.Tensor:
    return t.asarray(list(values))


# The call, the builtin exception, and the complete message.
Mistake = tuple[Callable[[], object], type[Exception], str]
SHAPES: dict[str, Mistake] = {
    "add": (
        lambda: _ones(2, 3) + _ones(4),
        ValueError,
        "add: shapes (2, 3) and (4,) do not broadcast",
    ),
    "subtract": (
        lambda: _ones(2, 3) - _ones(3, 2),
        ValueError,
        "subtract: shapes (2, 3) and (3, 2) do not broadcast",
    ),
    "comparison": (
        lambda: _ones(0) < _ones(2),
        ValueError,
        "less: shapes (0,) and (2,) do not broadcast",
    ),
    "in place": (
        lambda: _ones(3).__iadd__(_ones(2, 3)),
        ValueError,
        "add: shape (2, 3) does not broadcast to (3,)",
    ),
    "matmul": (
        lambda: _ones(2, 3) @ _ones(2, 3),
        ValueError,
        "matmul: shapes (2, 3) and (2, 3) are incompatible for a matrix product",
    ),
    "batched matmul": (
        lambda: _ones(2, 2, 3) @ _ones(4, 3, 2),
        ValueError,
        "matmul: shapes (2, 2, 3) and (4, 3, 2) are incompatible for a matrix product",
    ),
    "reshape": (
        lambda: _ones(2, 3).reshape(4, -1),
        ValueError,
        "reshape: shape (2, 3) of 6 elements does not fit (4, -1)",
    ),
    "reshape twice open": (
        lambda: _ones(2, 3).reshape(-1, -1),
        ValueError,
        "reshape: shape (2, 3) of 6 elements does not fit (-1, -1)",
    ),
    "reshape negative": (
        lambda: _ones(2, 3).reshape(-2, 3),
        ValueError,
        "reshape: shape (2, 3) of 6 elements does not fit (-2, 3)",
    ),
    "reshape empty": (
        lambda: _ones(0, 3).reshape(-1, 0),
        ValueError,
        "reshape: shape (0, 3) of 0 elements does not fit (-1, 0)",
    ),
    "reshape axes": (
        lambda: _ones(2, 3).reshape((1,) * 65),
        ValueError,
        "reshape: 65 axes, expected at most 64",
    ),
    "broadcast_to": (
        lambda: t.broadcast_to(_ones(2, 3), (3, 2)),
        ValueError,
        "broadcast_to: shape (2, 3) does not broadcast to (3, 2)",
    ),
    "broadcast_to less": (
        lambda: t.broadcast_to(_ones(2, 3), (3,)),
        ValueError,
        "broadcast_to: shape (2, 3) does not broadcast to (3,)",
    ),
    "concat": (
        lambda: t.concat([_ones(2, 3), _ones(2, 4)]),
        ValueError,
        "concat: shapes (2, 3) and (2, 4) differ in other axes than 0",
    ),
    "concat ndim": (
        lambda: t.concat([_ones(2), _ones(2, 2)]),
        ValueError,
        "concat: shapes (2,) and (2, 2) differ in other axes than 0",
    ),
    "concat nothing": (
        lambda: t.concat([]),
        ValueError,
        "concat: no tensors, expected at least one",
    ),
    "stack": (
        lambda: t.stack([_ones(2), _ones(3)]),
        ValueError,
        "stack: shapes (2,) and (3,) differ",
    ),
    "stack axes": (
        lambda: t.stack([_ones(*(1,) * 64)] * 2),
        ValueError,
        "stack: 65 axes, expected at most 64",
    ),
    "squeeze": (
        lambda: t.squeeze(_ones(2, 3), 0),
        ValueError,
        "squeeze: axis 0 of shape (2, 3) is not of length 1",
    ),
    "expand_dims axes": (
        lambda: t.expand_dims(_ones(*(1,) * 64), 0),
        ValueError,
        "expand_dims: 65 axes, expected at most 64",
    ),
    "permute": (
        lambda: _ones(2, 3).permute(0),
        ValueError,
        "permute_dims: axes (0,) for shape (2, 3), expected each once",
    ),
    "axis twice": (
        lambda: _ones(2, 3).sum((0, -2)),
        ValueError,
        "sum: axis (0, -2) repeats an axis",
    ),
    "max of nothing": (
        lambda: t.max(_ones(2, 0), axis=1),
        ValueError,
        "max: shape (2, 0) has no element along axes (1,)",
    ),
    "item": (
        lambda: _ones(2, 3).item(),
        ValueError,
        "item: shape (2, 3) has 6 elements, expected exactly one",
    ),
    "layer_norm": (
        lambda: t.nn.layer_norm(_ones(2, 3), 2),
        ValueError,
        "layer_norm: shape (2, 3) does not end in (2,)",
    ),
    "linear": (
        lambda: t.nn.linear(_ones(2, 3), _ones(4, 5)),
        ValueError,
        "linear: shapes (2, 3) and (5, 4) are incompatible for a matrix product",
    ),
    "attention": (
        lambda: t.nn.scaled_dot_product_attention(_ones(2, 3), _ones(2, 4), _ones(2, 3)),
        ValueError,
        "scaled_dot_product_attention: query (2, 3), key (2, 4) and value (2, 3) are not (..., l, e), "
        "(..., s, e) and (..., s, v)",
    ),
    "assignment": (
        lambda: _ones(2, 3).__setitem__(0, _ones(2)),
        ValueError,
        "index: shape (2,) does not broadcast to (3,)",
    ),
}
INDICES: dict[str, Mistake] = {
    "index": (
        lambda: _ones(2, 3)[0, 3],
        IndexError,
        "index: 3 is out of range for axis 1 of shape (2, 3)",
    ),
    "too many": (
        lambda: _ones(2, 3)[0, 0, 0],
        IndexError,
        "index: too many indices: 3 axes are indexed, but shape (2, 3) has only 2",
    ),
    "sum": (
        lambda: _ones(2, 3).sum(2),
        IndexError,
        "sum: axis 2 is out of range for shape (2, 3)",
    ),
    "argmax": (
        lambda: _ones(2, 3).argmax(-3),
        IndexError,
        "argmax: axis -3 is out of range for shape (2, 3)",
    ),
    "softmax": (
        lambda: t.nn.softmax(_ones(2, 3), 2),
        IndexError,
        "softmax: axis 2 is out of range for shape (2, 3)",
    ),
    "select": (
        lambda: t.select(_ones(2, 3), 1, 3),
        IndexError,
        "select: index 3 is out of range for axis 1 of shape (2, 3)",
    ),
    "narrow": (
        lambda: _ones(2, 3).narrow(1, 2, 2),
        IndexError,
        "narrow: 2 elements from 2 on are out of range for shape (2, 3)",
    ),
    "expand_dims": (
        lambda: t.expand_dims(_ones(2, 3), axis=4),
        IndexError,
        "expand_dims: axis 4 is out of range for shape (2, 3)",
    ),
    "permute": (
        lambda: _ones(2, 3).permute(0, 2),
        IndexError,
        "permute_dims: axis 2 is out of range for shape (2, 3)",
    ),
    "concat": (
        lambda: t.concat([_ones(2)], axis=1),
        IndexError,
        "concat: axis 1 is out of range for shape (2,)",
    ),
    "embedding": (
        lambda: t.nn.embedding(_ones(2, 3), _ints(0, 2)),
        IndexError,
        "embedding: an index is out of range for 2 rows",
    ),
}
TYPES: dict[str, Mistake] = {
    "mix": (
        lambda: _ones(2) + _ints(1, 2),
        TypeError,
        "add: dtypes float32 and int64 do not mix; convert one of them with astype()",
    ),
    "unsupported": (
        lambda: _ones(2) & _ones(2),
        TypeError,
        "bitwise_and: float32 is not supported; expected an integer dtype or bool",
    ),
    "no tensor": (
        lambda: t.sum([1, 2]),  # type: ignore[arg-type]
        TypeError,
        "sum: expected a Tensor, got list; make one with torchffi.asarray()",
    ),
    "axis": (
        lambda: _ones(2).sum("a"),  # type: ignore[arg-type]
        TypeError,
        "sum: axis must be an int, got 'a'",
    ),
    "two axes": (
        lambda: t.argmax(_ones(2, 3), axis=(0, 1)),  # type: ignore[arg-type]
        TypeError,
        "argmax: axis must be an int, got (0, 1)",
    ),
    "dtype by name": (
        lambda: t.zeros(2, dtype="float32"),  # type: ignore[arg-type]
        TypeError,
        "zeros: expected a dtype of torchffi such as torchffi.float32, got 'float32'",
    ),
    "sum to a dtype by name": (
        lambda: _ones(2).sum(dtype="float64"),  # type: ignore[arg-type]
        TypeError,
        "sum: expected a dtype of torchffi such as torchffi.float32, got 'float64'",
    ),
    "asarray to a dtype of NumPy": (
        lambda: t.asarray([1], dtype=np.int8),  # type: ignore[arg-type]
        TypeError,
        "asarray: expected a dtype of torchffi such as torchffi.float32, got <class 'numpy.int8'>",
    ),
    "shape": (
        lambda: _ones(2).reshape(2.0),
        TypeError,
        "reshape: shape must be an int or a sequence of ints, got 2.0",
    ),
    "index": (
        lambda: _ones(2)["a"],
        TypeError,
        "index: 'a' is not a valid index; expected an int, a slice, ..., None, or a tensor of "
        "integers or bools",
    ),
}
VALUES: dict[str, Mistake] = {
    "division": (lambda: _ints(2) // 0, ValueError, "floor_divide: integer division by zero"),
    "remainder": (lambda: _ints(2) % _ints(0), ValueError, "remainder: integer division by zero"),
    "power": (
        lambda: _ints(2) ** -1,
        ValueError,
        "pow: negative exponent of int64; convert to a floating-point dtype first",
    ),
    "scalar": (
        lambda: t.ones(2, dtype=t.int8) * 128,
        ValueError,
        "multiply: 128 does not fit into int8",
    ),
    "huge scalar": (
        lambda: _ones(2) + 10**400,
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
        lambda: _ones(2)[::0],
        ValueError,
        "index: slice step must not be 0",
    ),
}
MISTAKES = {
    f"{kind}: {name}": mistake
    for kind, table in (("shape", SHAPES), ("index", INDICES), ("type", TYPES), ("value", VALUES))
    for name, mistake in table.items()
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_raises_the_same_exception_and_message_on_both_backends(
    name: str, backend: str
) -> None:
    make, expected, message = MISTAKES[name]
    before = settled()
    with pytest.raises(expected) as raised:
        make()
    assert str(raised.value) == message
    assert isinstance(raised.value, t.TorchError)
    raised.value.__traceback__ = None
    del raised
    assert handles()[0] == before[0]


@pytest.mark.parametrize(
    "shapes", [((2,), (2, 3), (4,)), ((5,), (2, 3), (3,)), ((2, 1), (3, 1), ())]
)
def test_where_that_does_not_broadcast_shows_the_shapes(shapes: Any, backend: str) -> None:
    condition, a, b = (t.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"where: shapes \(.*\) do not broadcast") as raised:
        t.where(condition > 0, a, b)
    assert sum(str(shape) in str(raised.value) for shape in shapes) >= 2


def test_message_of_libtorch_has_no_backtrace(ffi_backend: None) -> None:
    with pytest.raises(NotImplementedError) as raised:
        t.ops.aten.cumsum(t.ones(2, dtype=t.uint16), 0, dtype=t.uint16)
    assert "\n" not in str(raised.value)
    assert "Exception raised from" not in str(raised.value)
