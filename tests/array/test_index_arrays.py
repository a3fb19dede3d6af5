"""Keys that are arrays of other libraries, and indices of uint64 that int64 cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check

pytestmark = pytest.mark.filterwarnings("error")

X = np.arange(12).reshape(3, 4)


class Producer:
    """An array of another library: DLPack, and ``__index__`` for a single element."""

    def __init__(self, values: Any) -> None:
        self.array = np.array(values)

    def __index__(self) -> int:
        return int(self.array.reshape(()))

    def __dlpack__(self, **keywords: Any) -> object:
        return self.array.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


def of_torch(values: Any) -> Any:
    return pytest.importorskip("torch").tensor(values)


MAKERS = {"numpy": np.array, "dlpack": Producer, "torch": of_torch, "torchffi": t.asarray}
VALUES = [[0], [[0]], 0, [2, 0], [-1], [True, False, True], [[True] * 4] * 3]
PLACES: dict[str, Callable[[Any], Any]] = {
    "alone": lambda key: key,
    "tuple": lambda key: (key,),
    "ellipsis": lambda key: (key, ...),
    "none": lambda key: (None, key),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("values", VALUES, ids=str)
@pytest.mark.parametrize("maker", MAKERS)
def test_an_array_of_one_element_is_an_array(
    maker: str, values: Any, place: str, backend: str
) -> None:
    key, theirs = PLACES[place](MAKERS[maker](values)), PLACES[place](np.array(values))
    check(t.asarray(X.copy())[key], X[theirs])
    written, expected = t.asarray(X.copy()), X.copy()
    written[key], expected[theirs] = -1, -1
    check(written, expected)


@pytest.mark.parametrize("maker", ["numpy", "dlpack", "torch"])
def test_an_array_beside_other_keys_broadcasts_with_them(maker: str, backend: str) -> None:
    make, x = MAKERS[maker], t.asarray(X.copy())
    check(x[make([0]), 1], X[np.array([0]), 1])
    check(x[:, make([1])], X[:, np.array([1])])
    check(x[make([[0], [2]]), make([0])], X[np.array([[0], [2]]), np.array([0])])
    y, expected = t.asarray(X.copy()[None]), X.copy()[None]
    y[:, make([0, 2]), 1], expected[:, np.array([0, 2]), 1] = -1, -1
    y[make([0]), make([1]), ..., 3], expected[[0], [1], ..., 3] = -2, -2
    check(y, expected)


def test_an_object_with_only_index_is_an_integer(backend: str) -> None:
    class One:
        def __index__(self) -> int:
            return 1

    check(t.asarray(X.copy())[One()], X[1])


def test_an_array_of_floats_is_no_index(backend: str) -> None:
    with pytest.raises(TypeError, match="index: a float64 tensor is not a valid index"):
        t.ones(3)[np.array([0.0])]


FAR: dict[str, Callable[[t.Tensor, t.Tensor], Any]] = {
    "getitem": lambda x, i: x[i],
    "getitem-second-axis": lambda x, i: x[:, i],
    "getitem-0d": lambda x, i: x[i[0]],
    "getitem-numpy": lambda x, i: x[i.numpy()],
    "getitem-list": lambda x, i: x[i.tolist()],
    "getitem-int": lambda x, i: x[i.tolist()[0]],
    "setitem": lambda x, i: x.__setitem__(i, 0),
    "setitem-tuple": lambda x, i: x.__setitem__((i, 0), 0),
    "take": lambda x, i: t.take(x, i, axis=0),
    "take_along_axis": lambda x, i: t.take_along_axis(x, i[:, None], axis=0),
    "embedding": lambda x, i: t.nn.embedding(i, x),
    "searchsorted": lambda x, i: t.searchsorted(x[0, :1], x[0], sorter=i),
    "select": lambda x, i: t.select(x, 0, i[0]),
    "narrow": lambda x, i: t.narrow(x, 0, i[0], 1),
}


@pytest.mark.parametrize("index", [2**64 - 1, 2**64 - 3, 2**63])
@pytest.mark.parametrize("case", FAR)
def test_uint64_index_does_not_wrap_to_a_negative_one(case: str, index: int, backend: str) -> None:
    x = t.asarray(X.copy())
    with pytest.raises(IndexError, match="out of range"):
        FAR[case](x, t.asarray([index], dtype=t.uint64))
    check(x, X)


def test_uint64_indices_in_range_are_used(backend: str) -> None:
    x, i = t.asarray(X.copy()), t.asarray([2, 0], dtype=t.uint64)
    check(x[i], X[[2, 0]])
    check(t.take(x, i, axis=1), X[:, [2, 0]])
    assert x[t.zeros((0,), dtype=t.uint64)].shape == (0, 4)


@pytest.mark.parametrize("number", [2, 12, -3])
@pytest.mark.parametrize(
    "nothing", [np.zeros(6, np.bool_), np.zeros(0, np.int64)], ids=["mask", "list"]
)
@pytest.mark.parametrize("write", [False, True])
def test_a_number_beside_indices_that_select_nothing_is_checked(
    write: bool, nothing: Any, number: int, backend: str
) -> None:
    array = np.zeros((6, 2))
    with pytest.raises(IndexError):
        array[nothing, number]
    tensor = t.asarray(array)
    for second in (t.asarray(number), number):
        key = (t.asarray(nothing), second)
        with pytest.raises(IndexError, match="out of"):
            if write:
                tensor[key] = 1.0
            else:
                tensor[key]


# Keys with tensors that are all numbers, and the same keys with integers.
NUMBERS = [
    ("x[i]", "x[1]"), ("x[j]", "x[-1]"), ("x[:, i]", "x[:, 1]"), ("x[i, j]", "x[1, -1]"),
    ("x[..., i]", "x[..., 1]"), ("x[i, None]", "x[1, None]"), ("x[i, 1:3]", "x[1, 1:3]"),
    ("x[None, i, :, 0]", "x[None, 1, :, 0]"), ("x[i, :, j]", "x[1, :, -1]"), ("x.mT[i]", "x.mT[1]"),
    ("x[:, :, i][:, j]", "x[:, :, 1][:, -1]"), ("x[..., i, 0][::2]", "x[..., 1, 0][::2]"),
]  # fmt: skip


@pytest.mark.parametrize("index", ["int32", "int64"])
@pytest.mark.parametrize("dtype", ["bool", "float16", "float32", "int64", "complex128"])
@pytest.mark.parametrize(("key", "plain"), NUMBERS)
def test_numbers_in_tensors_select_a_copy_of_what_integers_select(
    key: str, plain: str, dtype: str, index: str, backend: str
) -> None:
    values = (np.arange(24) % 7).astype(dtype).reshape(2, 3, 4)
    x, i, j = t.asarray(values.copy()), t.asarray(1, dtype=getattr(t, index)), t.asarray(-1)
    names = {"x": x, "i": i, "j": j, "zero": values.flat[0].item()}
    found = eval(key, names)
    expected = np.array(eval(plain, {"x": values if ".mT" not in plain else _Transposed(values)}))
    check(found, expected)
    found[...] = values.flat[1].item()
    check(x, values)
    if key.count("[") == 1 and ".mT" not in key:
        exec(f"{key} = zero", names)
        exec(f"{plain} = 0", {"x": values})
        check(x, values)


class _Transposed:
    def __init__(self, array: Any) -> None:
        self.mT = array.swapaxes(-1, -2)


@pytest.mark.parametrize("number", [3, -4, 2**40])
def test_a_number_in_a_tensor_that_is_out_of_range_is_an_index_error(
    number: int, backend: str
) -> None:
    x, i = t.ones((3, 2)), t.asarray(number)
    for call in (lambda: x[i], lambda: x[0, i], lambda: x[:, i], lambda: x.__setitem__(i, 0.0)):
        with pytest.raises(IndexError):
            call()


@pytest.mark.parametrize("step", [1, 2, 5])
@pytest.mark.parametrize("name", ["bool", "int8", "float16", "float32", "int64", "complex128"])
def test_a_clone_has_the_strides_that_pytorch_gives_it(
    name: str, step: int, ffi_backend: None, torch: Any
) -> None:
    values = (np.arange(30) % 5).astype(name)
    for make in (
        lambda x: x[::step],
        lambda x: x[3:3],
        lambda x: x[2::30],
        lambda x: x.reshape(5, 6)[:, ::step],
        lambda x: x.reshape(5, 6).mT,
        lambda x: x.reshape(5, 6)[:, :1],
        lambda x: x[4],
        lambda x: x[:1].expand((7,)),
    ):
        mine = make(t.asarray(values.copy())).clone()
        theirs = make(torch.from_numpy(values.copy())).clone()
        check(mine, theirs.numpy())
        assert mine.strides == theirs.stride()
