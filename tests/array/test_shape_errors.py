"""Shapes that do not fit: the same exception on both backends, and a message that shows them."""

from __future__ import annotations

from typing import Any

import pytest

import torchffi as t
from tests.array.mistakes import Mistake, check_mistake, ones

pytestmark = pytest.mark.filterwarnings("error")


SHAPES: dict[str, Mistake] = {
    "add": (
        lambda: ones(2, 3) + ones(4),
        ValueError,
        "add: shapes (2, 3) and (4,) do not broadcast",
    ),
    "subtract": (
        lambda: ones(2, 3) - ones(3, 2),
        ValueError,
        "subtract: shapes (2, 3) and (3, 2) do not broadcast",
    ),
    "comparison": (
        lambda: ones(0) < ones(2),
        ValueError,
        "less: shapes (0,) and (2,) do not broadcast",
    ),
    "in place": (
        lambda: ones(3).__iadd__(ones(2, 3)),
        ValueError,
        "add: shape (2, 3) does not broadcast to (3,)",
    ),
    "matmul": (
        lambda: ones(2, 3) @ ones(2, 3),
        ValueError,
        "matmul: shapes (2, 3) and (2, 3) are incompatible for a matrix product",
    ),
    "batched matmul": (
        lambda: ones(2, 2, 3) @ ones(4, 3, 2),
        ValueError,
        "matmul: shapes (2, 2, 3) and (4, 3, 2) are incompatible for a matrix product",
    ),
    "reshape": (
        lambda: ones(2, 3).reshape(4, -1),
        ValueError,
        "reshape: shape (2, 3) of 6 elements does not fit (4, -1)",
    ),
    "reshape twice open": (
        lambda: ones(2, 3).reshape(-1, -1),
        ValueError,
        "reshape: shape (2, 3) of 6 elements does not fit (-1, -1)",
    ),
    "reshape negative": (
        lambda: ones(2, 3).reshape(-2, 3),
        ValueError,
        "reshape: shape (2, 3) of 6 elements does not fit (-2, 3)",
    ),
    "reshape empty": (
        lambda: ones(0, 3).reshape(-1, 0),
        ValueError,
        "reshape: shape (0, 3) of 0 elements does not fit (-1, 0)",
    ),
    "reshape axes": (
        lambda: ones(2, 3).reshape((1,) * 65),
        ValueError,
        "reshape: 65 axes, expected at most 64",
    ),
    "broadcast_to": (
        lambda: t.broadcast_to(ones(2, 3), (3, 2)),
        ValueError,
        "broadcast_to: shape (2, 3) does not broadcast to (3, 2)",
    ),
    "broadcast_to less": (
        lambda: t.broadcast_to(ones(2, 3), (3,)),
        ValueError,
        "broadcast_to: shape (2, 3) does not broadcast to (3,)",
    ),
    "concat": (
        lambda: t.concat([ones(2, 3), ones(2, 4)]),
        ValueError,
        "concat: shapes (2, 3) and (2, 4) differ in other axes than 0",
    ),
    "concat ndim": (
        lambda: t.concat([ones(2), ones(2, 2)]),
        ValueError,
        "concat: shapes (2,) and (2, 2) differ in other axes than 0",
    ),
    "concat nothing": (
        lambda: t.concat([]),
        ValueError,
        "concat: no tensors, expected at least one",
    ),
    "stack": (
        lambda: t.stack([ones(2), ones(3)]),
        ValueError,
        "stack: shapes (2,) and (3,) differ",
    ),
    "stack axes": (
        lambda: t.stack([ones(*(1,) * 64)] * 2),
        ValueError,
        "stack: 65 axes, expected at most 64",
    ),
    "squeeze": (
        lambda: t.squeeze(ones(2, 3), 0),
        ValueError,
        "squeeze: axis 0 of shape (2, 3) must have length 1",
    ),
    "expand_dims axes": (
        lambda: t.expand_dims(ones(*(1,) * 64), 0),
        ValueError,
        "expand_dims: 65 axes, expected at most 64",
    ),
    "permute": (
        lambda: ones(2, 3).permute(0),
        ValueError,
        "permute_dims: axes (0,) must contain each axis of shape (2, 3) once",
    ),
    "axis twice": (
        lambda: ones(2, 3).sum((0, -2)),
        ValueError,
        "sum: axis (0, -2) repeats an axis",
    ),
    "max of nothing": (
        lambda: t.max(ones(2, 0), axis=1),
        ValueError,
        "max: cannot reduce empty axes (1,) of shape (2, 0)",
    ),
    "item": (
        lambda: ones(2, 3).item(),
        ValueError,
        "item: shape (2, 3) has 6 elements, expected exactly one",
    ),
    "layer_norm": (
        lambda: t.nn.layer_norm(ones(2, 3), 2),
        ValueError,
        "layer_norm: shape (2, 3) does not end in (2,)",
    ),
    "linear": (
        lambda: t.nn.linear(ones(2, 3), ones(4, 5)),
        ValueError,
        "linear: shapes (2, 3) and (5, 4) are incompatible for a matrix product",
    ),
    "attention": (
        lambda: t.nn.scaled_dot_product_attention(ones(2, 3), ones(2, 4), ones(2, 3)),
        ValueError,
        "scaled_dot_product_attention: query (2, 3), key (2, 4) and value (2, 3) are not (..., l, e), "
        "(..., s, e) and (..., s, v)",
    ),
    "assignment": (
        lambda: ones(2, 3).__setitem__(0, ones(2)),
        ValueError,
        "index: shape (2,) does not broadcast to (3,)",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shape_that_does_not_fit_raises_the_same_exception_and_message_on_both_backends(
    name: str, backend: str
) -> None:
    check_mistake(SHAPES[name])


@pytest.mark.parametrize(
    "shapes", [((2,), (2, 3), (4,)), ((5,), (2, 3), (3,)), ((2, 1), (3, 1), ())]
)
def test_where_that_does_not_broadcast_shows_the_shapes(shapes: Any, backend: str) -> None:
    condition, a, b = (t.ones(shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"where: shapes \(.*\) do not broadcast") as raised:
        t.where(condition > 0, a, b)
    assert sum(str(shape) in str(raised.value) for shape in shapes) >= 2
