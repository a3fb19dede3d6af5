"""torchffi.ops: any operator by name, spelled as in torch.ops."""

from __future__ import annotations

import math
import pydoc
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.backends.grid import GRID
from tests.support import check
from torchffi import dtypes, ops

pytestmark = pytest.mark.usefixtures("ffi_backend")


# ---- Spelling


def test_defaults_and_names_come_from_the_schema(x: t.Tensor) -> None:
    check(ops.aten.add.Tensor(x, x), GRID + GRID)
    check(ops.aten.add.Tensor(x, x, alpha=2), GRID + 2 * GRID)
    check(ops.aten.add.Tensor(self=x, other=x), GRID + GRID)
    check(ops.aten.sum.dim_IntList(x, [0], keepdim=True), GRID.sum(0, keepdims=True))


def test_the_first_overload_that_accepts_the_arguments_is_called(x: t.Tensor) -> None:
    check(ops.aten.pow(x, 2), GRID**2)
    check(ops.aten.pow(2, x), 2**GRID)
    check(ops.aten.sum(x), GRID.sum())
    check(ops.aten.sum(x, [1]), GRID.sum(1))
    check(ops.aten.max(x, 1)[1], GRID.argmax(1))


def test_overloads_are_tried_in_pytorchs_order(torch: Any) -> None:
    for name in ("add", "sum", "to", "max", "index", "pow", "sort", "split", "std", "where"):
        ours = getattr(ops.aten, name).overloads()
        theirs = getattr(torch.ops.aten, name).overloads()  # includes those only for TorchScript
        assert ours == [overload for overload in theirs if overload in ours]


@pytest.mark.parametrize("stride", [[2, 2], (2, 2), 2])
def test_one_number_is_accepted_for_a_list_of_fixed_length(stride: Any, torch: Any) -> None:
    image = (np.arange(96) % 7).astype(np.float32).reshape(1, 3, 4, 8)
    weight = (np.arange(54) % 5).astype(np.float32).reshape(2, 3, 3, 3)
    ours = ops.aten.conv2d(t.asarray(image), t.asarray(weight), None, stride=stride)
    theirs = torch.ops.aten.conv2d(torch.tensor(image), torch.tensor(weight), None, stride=[2, 2])
    check(ours, theirs.numpy())


def test_python_number_does_not_promote_a_tensor() -> None:
    assert ops.aten.add(t.asarray(1.0, dtype=dtypes.float16), 2.5).dtype is dtypes.float16
    assert ops.aten.mul.Tensor(t.asarray([1], dtype=t.int8), 3).dtype is t.int8


def test_dir_lists_namespaces_operators_and_overloads() -> None:
    assert {"aten", "quantized"} <= set(dir(ops))
    assert {"add", "conv2d", "fft_fft"} <= set(dir(ops.aten))
    assert {"Tensor", "Scalar", "out"} <= set(dir(ops.aten.add))
    assert repr(ops.aten) == "<torchffi.ops namespace aten>"
    assert repr(ops.aten.relu) == "<torchffi.ops operator aten::relu: default, out>"


def test_help_shows_the_schema() -> None:
    schema = "aten::relu(Tensor self) -> Tensor"
    assert ops.aten.relu.default.schema == schema
    assert schema in pydoc.render_doc(ops.aten.relu, renderer=pydoc.plaintext)
    assert schema in pydoc.render_doc(ops.aten.relu.default, renderer=pydoc.plaintext)
    assert schema in repr(ops.aten.relu.default)


def test_prims_are_reached_once_pytorch_defines_them(torch: Any, x: t.Tensor) -> None:
    check(ops.prims.add(x, x), GRID + GRID)


# ---- Values


def test_several_results_and_lists_of_tensors(x: t.Tensor) -> None:
    values, order = ops.aten.sort.stable(x, stable=True, dim=-1, descending=True)
    check(values, -np.sort(-GRID))
    check(order, np.argsort(-GRID, stable=True))
    first, second = ops.aten.split.Tensor(x, 1)
    check(first, GRID[:1])
    check(second, GRID[1:])
    check(ops.aten.cat([first, second, first]), np.concatenate([GRID, GRID[:1]]))
    assert ops.aten._assert_tensor_metadata(x) is None


def test_calls_with_only_tensors_may_omit_trailing_arguments(torch: Any) -> None:
    shapes = ((2, 3), (2, 3), (9, 3), (9, 3), (9,), (9,))  # input, state, weights and two biases
    arrays = [
        np.linspace(-1, 1, math.prod(shape), dtype=np.float32).reshape(shape) for shape in shapes
    ]
    ours, theirs = [t.asarray(array) for array in arrays], [torch.tensor(array) for array in arrays]
    for count in (4, 5, 6, 4):  # biases are optional: those of an earlier call must not be reused
        expected = torch.ops.aten.gru_cell(*theirs[:count]).numpy()
        np.testing.assert_allclose(ops.aten.gru_cell.default(*ours[:count]).numpy(), expected, 1e-5)
        given = (*ours[:count], *[None] * (6 - count))
        np.testing.assert_allclose(ops.aten.gru_cell.default(*given).numpy(), expected, 1e-5)


def test_tensor_is_accepted_for_a_scalar(x: t.Tensor) -> None:
    check(ops.aten.add.Scalar(x, t.asarray(2.5)), GRID + np.float32(2.5))
    check(ops.aten.addcmul.default(x, x, x, value=t.asarray(2.0)), GRID + 2 * GRID * GRID)


def test_none_in_a_list_of_optional_tensors(x: t.Tensor) -> None:
    check(ops.aten.index.Tensor(x, [None, t.asarray([2, 0])]), GRID[:, [2, 0]])


def test_strings_name_devices_layouts_and_memory_formats(x: t.Tensor) -> None:
    zeros = ops.aten.zeros([2, 3], dtype=t.int32, device="cpu", layout="strided")
    check(zeros, np.zeros((2, 3), np.int32))
    image = ops.aten.ones([1, 2, 3, 3])
    last = ops.aten.contiguous(image, memory_format="channels_last")
    assert last.strides == (18, 1, 6, 2)
    check(ops.aten.div.Tensor_mode(x, 2, rounding_mode="floor"), GRID // 2)
    assert ops.aten.result_type(x, 2.5) is t.float32


def test_einsum_norm_and_complex_values() -> None:
    check(ops.aten.einsum("ij,kj->ik", [t.asarray(GRID)] * 2), GRID @ GRID.T)
    check(ops.aten.mul(t.asarray([1.0]), 2 + 1j), np.array([2 + 1j], np.complex64))
    check(ops.aten.add.Scalar(t.asarray([1.0]), np.float32(0.5)), np.array([1.5], np.float32))


def test_lists_of_scalars_keep_the_kind_of_each_element(x: t.Tensor) -> None:
    whole, part = ops.aten._foreach_add.ScalarList([t.asarray([1, 2])] * 2, [1, 0.5])
    check(whole, np.array([2, 3]))
    check(part, np.array([1.5, 2.5], np.float32))


def test_conjugate_and_negative_views_are_resolved_in_memory() -> None:
    z = t.asarray([1 + 2j, 3 - 1j])
    check(ops.aten.conj(z), np.array([1 - 2j, 3 + 1j], np.complex64))
    check(ops.aten._neg_view(z), np.array([-1 - 2j, -3 + 1j], np.complex64))
    check(ops.aten._efficientzerotensor([2], dtype=t.float64), np.zeros(2))


def test_generator_is_a_seed(torch: Any) -> None:
    ours = ops.aten.randn([5], generator=7)
    check(ours, torch.randn(5, generator=torch.Generator().manual_seed(7)).numpy())
    check(ops.aten.randn([5], generator=7), ours.numpy())
    assert not np.array_equal(ops.aten.randn([5], generator=-1).numpy(), ours.numpy())
