"""torchffi.ops: any operator by name, spelled as in torch.ops."""

from __future__ import annotations

import gc
import math
import pydoc
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as t
from shim.build import build, compiler, libtorch
from tests.support import check, handles, python, settled
from torchffi import dtypes, errors, ops
from torchffi._core import lifetimes
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import boxed

pytestmark = pytest.mark.usefixtures("ffi_backend")

GRID = np.array([[3.0, 1.0, 2.0], [1.0, 5.0, 4.0]], np.float32)


@pytest.fixture
def x(ffi_backend: None) -> t.Tensor:
    return t.asarray(GRID.copy())


# ---- Spelling


def test_defaults_and_names_come_from_the_schema(x: t.Tensor) -> None:
    check(ops.aten.add.Tensor(x, x), GRID + GRID)
    check(ops.aten.add.Tensor(x, x, alpha=2), GRID + 2 * GRID)
    check(ops.aten.add.Tensor(self=x, other=x), GRID + GRID)
    check(ops.aten.sum.dim_IntList(x, [0], keepdim=True), GRID.sum(0, keepdims=True))


def test_overload_is_the_first_that_the_arguments_fit(x: t.Tensor) -> None:
    check(ops.aten.pow(x, 2), GRID**2)
    check(ops.aten.pow(2, x), 2**GRID)
    check(ops.aten.sum(x), GRID.sum())
    check(ops.aten.sum(x, [1]), GRID.sum(1))
    check(ops.aten.max(x, 1)[1], GRID.argmax(1))


def test_overloads_are_tried_in_pytorchs_order(torch: Any) -> None:
    for name in ("add", "sum", "to", "max", "index", "pow", "sort", "split", "std", "where"):
        ours = getattr(ops.aten, name).overloads()
        theirs = getattr(torch.ops.aten, name).overloads()  # with those of TorchScript alone
        assert ours == [overload for overload in theirs if overload in ours]


@pytest.mark.parametrize("stride", [[2, 2], (2, 2), 2])
def test_one_number_stands_for_a_list_of_fixed_length(stride: Any, torch: Any) -> None:
    image = (np.arange(96) % 7).astype(np.float32).reshape(1, 3, 4, 8)
    weight = (np.arange(54) % 5).astype(np.float32).reshape(2, 3, 3, 3)
    ours = ops.aten.conv2d(t.asarray(image), t.asarray(weight), None, stride=stride)
    theirs = torch.ops.aten.conv2d(torch.tensor(image), torch.tensor(weight), None, stride=[2, 2])
    check(ours, theirs.numpy())


def test_python_number_beside_a_tensor_does_not_promote() -> None:
    assert ops.aten.add(t.asarray(1.0, dtype=dtypes.float16), 2.5).dtype is dtypes.float16
    assert ops.aten.mul.Tensor(t.asarray([1], dtype=t.int8), 3).dtype is t.int8


def test_what_a_namespace_an_operator_and_an_overload_have_is_listed() -> None:
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


def test_any_number_of_tensors_alone_stands_for_the_first_arguments(torch: Any) -> None:
    shapes = ((2, 3), (2, 3), (9, 3), (9, 3), (9,), (9,))  # input, state, weights and two biases
    arrays = [
        np.linspace(-1, 1, math.prod(shape), dtype=np.float32).reshape(shape) for shape in shapes
    ]
    ours, theirs = [t.asarray(array) for array in arrays], [torch.tensor(array) for array in arrays]
    for count in (4, 5, 6, 4):  # biases are optional: what an earlier call gave is not seen again
        expected = torch.ops.aten.gru_cell(*theirs[:count]).numpy()
        np.testing.assert_allclose(ops.aten.gru_cell.default(*ours[:count]).numpy(), expected, 1e-5)
        given = (*ours[:count], *[None] * (6 - count))
        np.testing.assert_allclose(ops.aten.gru_cell.default(*given).numpy(), expected, 1e-5)


def test_tensor_stands_for_a_scalar(x: t.Tensor) -> None:
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


def test_lists_of_scalars_keep_each_ones_kind(x: t.Tensor) -> None:
    whole, part = ops.aten._foreach_add.ScalarList([t.asarray([1, 2])] * 2, [1, 0.5])
    check(whole, np.array([2, 3]))
    check(part, np.array([1.5, 2.5], np.float32))


def test_conjugate_and_negative_views_have_their_values_in_memory() -> None:
    z = t.asarray([1 + 2j, 3 - 1j])
    check(ops.aten.conj(z), np.array([1 - 2j, 3 + 1j], np.complex64))
    check(ops.aten._neg_view(z), np.array([-1 - 2j, -3 + 1j], np.complex64))
    check(ops.aten._efficientzerotensor([2], dtype=t.float64), np.zeros(2))


def test_generator_is_a_seed(torch: Any) -> None:
    ours = ops.aten.randn([5], generator=7)
    check(ours, torch.randn(5, generator=torch.Generator().manual_seed(7)).numpy())
    check(ops.aten.randn([5], generator=7), ours.numpy())
    assert not np.array_equal(ops.aten.randn([5], generator=-1).numpy(), ours.numpy())


# ---- In place and out


def test_in_place_returns_the_tensor_that_was_given(x: t.Tensor) -> None:
    before = settled()
    assert ops.aten.add_(x, x) is x
    assert ops.aten.mul_.Scalar(x, 0.5) is x
    assert x.tolist() == GRID.tolist()
    assert handles() == before


def test_in_place_change_of_the_shape_is_seen(x: t.Tensor) -> None:
    assert x.shape == x.numpy().shape == (2, 3)
    assert ops.aten.t_(x) is x
    assert x.shape == x.numpy().shape == (3, 2)
    check(x, GRID.T)
    ops.aten.unsqueeze_(x, 0)
    assert x.shape == (1, 3, 2)
    ops.aten.squeeze_(x)
    ops.aten.resize_(x, [2, 2])
    assert x.shape == (2, 2)


def test_result_that_is_an_argument_has_a_shape_of_its_own() -> None:
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


# ---- NumPy


def test_numpy_tensor_among_others_goes_along_over_its_own_memory(x: t.Tensor) -> None:
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


def test_memory_that_cannot_be_lent_is_not_written(x: t.Tensor) -> None:
    with t.use_backend("numpy"):
        other = t.from_numpy(GRID.copy()[:, ::-1])
    check(ops.aten.add(x, other), GRID + GRID[:, ::-1])
    with pytest.raises(errors.ArgumentError, match="argument 'self'"):
        ops.aten.add_(other, x)


def test_on_numpy_ops_says_what_is_missing() -> None:
    with t.use_backend("numpy"):
        x = t.ones((2,))
        with pytest.raises(t.UnavailableError, match=r"aten::relu needs LibTorch.*use_backend"):
            ops.aten.relu(x)


def test_without_libtorch_ops_says_what_is_missing() -> None:
    said = python(
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
    assert said == (
        "False\naten::add needs LibTorch, and the backend is NumPy: TORCHFFI_BACKEND=numpy\n"
    )


# ---- Mistakes


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: ops.aten.ad, "there is no operator aten::ad; did you mean .*add"),
        (lambda x: ops.atn.add, "there is no namespace 'atn'; did you mean aten"),
        (lambda x: ops.aten.add.tensor, "aten::add has no overload 'tensor'; did you mean Tensor"),
    ],
)
def test_wrong_name_suggests_the_nearest(call: Any, text: str, x: t.Tensor) -> None:
    with pytest.raises(AttributeError, match=text):
        call(x)


MISTAKES: dict[str, tuple[Any, type[Exception], str]] = {
    "type": (
        lambda x: ops.aten.relu.default("x"),
        TypeError,
        r"aten::relu: argument 'self' \(position 0\) is 'x' \(str\), expected Tensor; the schema is",
    ),
    "missing": (lambda x: ops.aten.mm.default(x), TypeError, "missing argument 'mat2'"),
    "unknown": (lambda x: ops.aten.mm.default(x, x, z=1), TypeError, "unknown argument 'z'"),
    "twice": (
        lambda x: ops.aten.mm.default(x, x, self=x),
        TypeError,
        "multiple values for argument 'self'",
    ),
    "many": (
        lambda x: ops.aten.mm.default(x, x, x),
        TypeError,
        "at most 2 positional arguments, got 3",
    ),
    "none fits": (
        lambda x: ops.aten.add("x", x),
        TypeError,
        "no overload accepts these arguments:\n  aten::add.Tensor: argument 'self'",
    ),
    "format": (
        lambda x: ops.aten.clone.default(x, memory_format="rows"),
        TypeError,
        "argument 'memory_format'.*'rows'.*contiguous_format, preserve_format",
    ),
    "large": (lambda x: ops.aten.sum.dim_IntList(x, [2**63]), ValueError, "argument 'dim'"),
    "kernel": (lambda x: ops.aten.mm(x, x), ValueError, "aten::mm: mat1 and mat2 shapes"),
    "axis": (lambda x: ops.aten.sum.dim_IntList(x, [5]), IndexError, "aten::sum.dim_IntList: "),
    "refused": (
        lambda x: ops.aten.set_.source_Storage(x, x),
        NotImplementedError,
        "argument 'source' is a Storage, which rt_torch_value cannot hold",
    ),
    "cuda": (
        lambda x: ops.aten.zeros([1], device="cuda"),
        t.UnavailableError,
        r"argument 'device' \(position 3\) cannot be used: CUDA is not available",
    ),
    "dtype": (
        lambda x: ops.aten.quantize_per_tensor_dynamic(x, t.float32, False),
        t.TorchError,
        "aten::quantize_per_tensor_dynamic: ",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_shows_where_it_is(mistake: str, x: t.Tensor) -> None:
    call, error, text = MISTAKES[mistake]
    gc.collect()
    before = settled()
    with pytest.raises(error, match=text) as caught:
        call(x)
    assert isinstance(caught.value, t.TorchError)
    if isinstance(caught.value, errors.ArgumentError):
        assert "the schema is aten::" in str(caught.value)
    del caught
    assert handles() == before


def test_freed_tensor_is_a_handle_error(x: t.Tensor) -> None:
    t.tensor_free(x)
    with pytest.raises(t.HandleError, match="freed"):
        ops.aten.relu(x)


def test_tensor_that_another_thread_is_freeing_is_a_handle_error(x: t.Tensor) -> None:
    y = t.asarray(GRID)
    lifetimes.release(y)  # as a thread that has not yet changed its class
    with pytest.raises(t.HandleError, match="freed or never issued"):
        ops.aten.add.Tensor(x, y)
    check(ops.aten.add.Tensor(x, x), GRID + GRID)


def test_dtype_that_torchffi_does_not_have_is_named_and_not_leaked(x: t.Tensor) -> None:
    half = t.ones((2, 2), dtype=dtypes.float16)
    before = settled()
    with pytest.raises(TypeError, match="the result has dtype complex32, which torchffi"):
        ops.aten.view_as_complex(half)
    assert handles() == before


# ---- Raw calls


def make(function: Any, /, *arguments: Any) -> Any:
    return lifetimes.make(None, function, *arguments)


def test_raw_call_takes_handles(x: t.Tensor) -> None:
    check(boxed.call(make, "aten::relu", x._data), GRID)
    assert boxed.call(make, "aten::relu_", x._data) == x._data
    assert boxed.call(make, "aten::size.int", x._data, 1) == 3
    assert boxed.call(make, "aten::is_floating_point", x._data) is True
    first = t.asarray(2.5)
    assert boxed.call(make, "aten::_local_scalar_dense", first._data) == 2.5


def test_raw_call_for_one_result_frees_the_others(x: t.Tensor) -> None:
    before = settled()
    indices = boxed.call_for(1, make, "aten::sort.stable", x._data, True, -1, True)
    assert indices.dtype is t.int64
    assert handles()[0] == before[0] + 1
    with pytest.raises(
        ValueError, match="position is 2, expected that of a result that is a tensor"
    ):
        boxed.call_for(2, make, "aten::sort.stable", x._data, True, -1, True)


def test_raw_call_with_a_stale_handle_is_a_handle_error(x: t.Tensor) -> None:
    with pytest.raises(
        t.HandleError, match=r"argument 'other' \(position 1\) is not a tensor: handle 12345"
    ):
        boxed.call(make, "aten::add.Tensor", x._data, 12345)


# ---- A library of its own


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = libtorch.find().libtorch
    assert found is not None
    folder = tmp_path_factory.mktemp("library")
    output = folder / "libcustom.so"
    source = Path(__file__).with_name("custom_operators.cpp")
    flags = [*build.compile_flags(found, folder), "-O0"]
    libraries = [f"-L{found.library_dir}", "-ltorch_cpu", "-lc10"]
    compiler.run(
        [*compiler.command("CXX"), *flags, "-shared", str(source), "-o", str(output), *libraries]
    )
    return output


def test_loaded_library_has_operators_of_its_own(library: Path, x: t.Tensor) -> None:
    assert "torchffi_test" not in dir(ops)
    ops.load_library(library)
    assert set(dir(ops.torchffi_test)) >= {"twice", "all", "same", "absent", "nothing"}
    check(ops.torchffi_test.twice(x), 2 * GRID)
    same, *rest = ops.torchffi_test.all(x, "größe")
    check(same, GRID)
    assert rest == ["größe!", [2, 3], 0.5, True, [True, False], [0.25]]
    for value in (3, 0.5, True, 1 + 2j):
        assert ops.torchffi_test.same(value) == value
    assert ops.torchffi_test.absent(x) is None
    assert ops.torchffi_test.absent(x=x) is None
    with pytest.raises(NotImplementedError, match="torchffi_test::nothing"):
        ops.torchffi_test.nothing(x)
    with pytest.raises(t.HandleError):
        boxed.call(make, "torchffi_test::twice", 1)


@pytest.mark.parametrize("size", [1, 2, 4, 40])
def test_values_may_outlive_the_storage_they_were_made_for(library: Path, size: int) -> None:
    def free(tensor: t.Tensor) -> None:
        t.tensor_free(tensor)
        churn = [t.full(size, -1.0) + t.zeros(size) for _ in range(300)]
        del churn

    ops.load_library(library)
    x, y = t.ones(size) + t.zeros(size), t.ones(size) + t.ones(size)
    ops.torchffi_test.trade(x, y)
    check(x, np.full(size, 2, np.float32))
    free(y)  # its storage goes, but x has its values
    check(x, np.full(size, 2, np.float32))
    free(x)

    z = t.ones(size) + t.zeros(size)
    ops.torchffi_test.trade(z, t.zeros(1000))
    free(z)  # its values went before


def test_library_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent\.so"):
        ops.load_library(tmp_path / "absent.so")


# ---- Threads, handles, import


def test_calls_on_many_threads_do_not_meet(x: t.Tensor) -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        for i in range(100):
            parts = ops.aten.split.Tensor(ops.aten.add(x, number), 1)
            total = ops.aten.sum(ops.aten.cat(parts), [0, 1]).item()
            if abs(total - (GRID.sum() + 6 * number)) > 1e-3:
                wrong.append((number, i, total))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_calls_with_tensors_alone_on_many_threads_do_not_meet(
    untraced: None,
) -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        mine = t.asarray(float(number))
        for i in range(1000):
            total = ops.aten.add.Tensor(mine, mine).item()
            if total != 2 * number:
                wrong.append((number, i, total))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_failing_and_succeeding_calls_leak_no_handle(x: t.Tensor) -> None:
    before = settled()
    for _ in range(10):
        ops.aten.split.Tensor(x, 1)
        ops.aten.sort(x)
        with pytest.raises(t.TorchError):
            ops.aten.mm(x, x)
        with pytest.raises(t.TorchError):
            ops.aten.cat([x, "y"])
    assert handles() == before


def test_names_of_operators_are_found_once() -> None:
    first = lib.rt_torch_operator_find(b"aten::relu", b"")
    assert first == lib.rt_torch_operator_find(b"aten::relu", b"") > 0


def test_import_opens_nothing() -> None:
    assert (
        python(
            """
        import torchffi
        torchffi.ops.aten
        print("libtorch" in open("/proc/self/maps").read())
        """
        )
        == "False\n"
    )
