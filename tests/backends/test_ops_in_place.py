"""torchffi.ops: operators that write to their arguments, and NumPy tensors among the operands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.backends.grid import GRID
from tests.support import check, handles, python, settled
from torchffi import errors, ops

pytestmark = pytest.mark.usefixtures("ffi_backend")


# ---- In-place and out


def test_in_place_operator_returns_its_argument(x: t.Tensor) -> None:
    before = settled()
    assert ops.aten.add_(x, x) is x
    assert ops.aten.mul_.Scalar(x, 0.5) is x
    assert x.tolist() == GRID.tolist()
    assert handles() == before


def test_in_place_change_of_the_shape_updates_the_tensor(x: t.Tensor) -> None:
    assert x.shape == x.numpy().shape == (2, 3)
    assert ops.aten.t_(x) is x
    assert x.shape == x.numpy().shape == (3, 2)
    check(x, GRID.T)
    ops.aten.unsqueeze_(x, 0)
    assert x.shape == (1, 3, 2)
    ops.aten.squeeze_(x)
    ops.aten.resize_(x, [2, 2])
    assert x.shape == (2, 2)


def test_result_that_aliases_an_argument_has_a_separate_shape() -> None:
    x = t.asarray([[1.0, 2.0, 3.0]])
    same = ops.aten.contiguous(x)
    (listed,) = ops.aten.atleast_2d.Sequence([x])
    ops.aten.t_(x)
    assert (x.shape, same.shape, listed.shape) == ((3, 1), (1, 3), (1, 3))
    assert (same + listed).tolist() == [[2.0, 4.0, 6.0]]
    x[0, 0] = 7.0  # the memory is the same
    assert same.tolist() == listed.tolist() == [[7.0, 2.0, 3.0]]


def test_out_is_written_and_returned(x: t.Tensor) -> None:
    out = t.zeros((0,))
    assert out.shape == (0,)
    assert ops.aten.add.out(x, x, out=out) is out
    check(out, GRID + GRID)
    values, order = t.zeros((0,)), t.zeros((0,), dtype=t.int64)
    given = ops.aten.sort.values(x, 1, False, values=values, indices=order)
    assert given[0] is values
    assert given[1] is order
    check(order, np.argsort(GRID, 1))


def test_lists_that_are_written_change_in_place(x: t.Tensor) -> None:
    y = t.ones((2,))
    assert ops.aten._foreach_add_.Scalar([x, y], 1) is None
    check(x, GRID + 1)
    check(y, np.full(2, 2, np.float32))


# ---- NumPy tensors


def test_numpy_operand_is_passed_as_a_view_of_its_memory(x: t.Tensor) -> None:
    array = GRID.copy()
    with t.use_backend("numpy"):
        other = t.from_numpy(array)
    assert other.backend == "numpy"
    assert ops.aten.add(x, other).backend == "ffi"
    assert ops.aten.add_(other, x) is other
    np.testing.assert_array_equal(array, 2 * GRID)
    assert ops.aten.t_(other) is other
    assert other.shape == (3, 2)
    assert other.backend == "numpy"
    array[0, 0] = 100
    assert other.numpy()[0, 0] == 100


def test_memory_that_cannot_be_shared_is_not_written(x: t.Tensor) -> None:
    with t.use_backend("numpy"):
        other = t.from_numpy(GRID.copy()[:, ::-1])
    check(ops.aten.add(x, other), GRID + GRID[:, ::-1])
    with pytest.raises(errors.ArgumentError, match="argument 'self'"):
        ops.aten.add_(other, x)


def test_on_numpy_the_error_says_that_libtorch_is_needed() -> None:
    with t.use_backend("numpy"):
        x = t.ones((2,))
        with pytest.raises(t.UnavailableError, match=r"aten::relu needs LibTorch.*use_backend"):
            ops.aten.relu(x)


def test_without_libtorch_the_error_says_that_it_is_needed() -> None:
    printed = python(
        """
        import torchffi
        print("aten" in dir(torchffi.ops))
        try:
            torchffi.ops.aten.add
        except torchffi.UnavailableError as error:
            print(error)
        """,
        TORCHFFI_BACKEND="numpy",
    )
    assert printed == (
        "False\naten::add needs LibTorch, and the backend is NumPy: TORCHFFI_BACKEND=numpy\n"
    )


@pytest.mark.parametrize("name", ["t_", "squeeze_", "unsqueeze_", "transpose_"])
@pytest.mark.parametrize("seen", ["shape", "numpy"])
def test_a_shape_changed_in_place_is_seen(name: str, seen: str, torch: Any) -> None:
    given = {"unsqueeze_": (0,), "transpose_": (0, 1)}.get(name, ())
    ours, theirs = t.ones((1, 3)), torch.ones((1, 3))
    for _ in range(3):  # the cached shape or array, and its absence
        _ = ours.shape if seen == "shape" else ours.numpy()
        assert getattr(t.ops.aten, name)(ours, *given) is ours
        getattr(theirs, name)(*given)
        assert ours.shape == tuple(theirs.shape) == ours.numpy().shape


@pytest.mark.parametrize("name", ["neg_", "mul_", "copy_", "zero_", "add_"])
def test_a_tensor_written_in_place_is_the_result(name: str, torch: Any) -> None:
    given = (2.0 * np.ones((2, 2), "float32"),) if name in ("mul_", "copy_", "add_") else ()
    array = np.arange(4, dtype="float32").reshape(2, 2)
    ours, theirs = t.from_numpy(array.copy()), torch.from_numpy(array.copy())
    live = t.memory_stats()["live_handles"]
    for _ in range(3):
        assert getattr(ours, name)(*map(t.from_numpy, given)) is ours
        getattr(theirs, name)(*map(torch.from_numpy, given))
        assert np.array_equal(ours.numpy(), theirs.numpy())
    assert t.memory_stats()["live_handles"] <= live + 1  # numpy() keeps one
