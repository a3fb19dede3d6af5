"""Plans of calls by name: later calls give the results and the errors of the first one."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.support import handles
from torchffi import errors
from torchffi.nn import functional

pytestmark = pytest.mark.usefixtures("ffi_backend")

aten: Any = torchffi.ops.aten
X = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]], np.float32)


def tensor(array: Any = X) -> Any:
    return torchffi.from_numpy(np.array(array))


def repeated(call: Callable[[], Any], times: int = 4) -> list[Any]:
    return [call() for _ in range(times)]


def plans(function: Any) -> int:
    return sum(map(bool, function._plans.values()))


CALLS: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("a number", lambda a, x: a.clamp_min.default(x, 0.5)),
    ("an integer for a float", lambda a, x: a.leaky_relu.default(x, 2)),
    ("None", lambda a, x: a.clamp.default(x, None, 1.0)),
    ("a gap", lambda a, x: a.sum.dim_IntList(x, [1], dtype=None)),
    ("names", lambda a, x: a.mean.dim(dim=[0], self=x, keepdim=True)),
    ("a string", lambda a, x: a.div.Tensor_mode(x, x + 1, rounding_mode="floor")),
    ("one number for a list", lambda a, x: a.sum.dim_IntList(x, 1)),
    ("tensors in a list", lambda a, x: a.cat.default([x, x], 1)),
    ("several results", lambda a, x: a.topk.default(x, 2)),
    ("a list of results", lambda a, x: a.split.Tensor(x, 1)),
    ("a number as the result", lambda a, x: a.item.default(x[0, 0])),
    ("a bool as the result", lambda a, x: a.equal.default(x, x)),
    ("the first overload that fits", lambda a, x: a.add(x, 2)),
    ("another overload", lambda a, x: a.max(x, 1)),
    ("a keyword alone", lambda a, x: a.argmax(x, dim=1)),
]


@pytest.mark.parametrize("call", [call for _, call in CALLS], ids=[name for name, _ in CALLS])
def test_later_calls_give_the_result_of_pytorch(torch: Any, call: Callable[..., Any]) -> None:
    def plain(result: Any) -> Any:
        several = isinstance(result, (tuple, list))
        return [
            one.tolist() if hasattr(one, "tolist") else one
            for one in (result if several else [result])
        ]

    expected = plain(call(torch.ops.aten, torch.from_numpy(X)))
    x = tensor()
    before = handles()[0]
    for result in repeated(lambda: call(aten, x)):
        assert plain(result) == expected
        del result
    assert handles()[0] == before


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (lambda x: aten.sum.dim_IntList(x, [1]), lambda x: aten.sum.dim_IntList(x, [5])),
        (lambda x: aten.sum.dim_IntList(x, [1]), lambda x: aten.sum.dim_IntList(x, [1.0])),
        (lambda x: aten.topk.default(x, 2), lambda x: aten.topk.default(x, 2**70)),
        (lambda x: aten.topk.default(x, 2), lambda x: aten.topk.default(x, 9)),
        (lambda x: aten.cat.default([x, x]), lambda x: aten.cat.default([x, 3])),
        (lambda x: aten.view.default(x, [-1]), lambda x: aten.view.default(x, [7])),
        (
            lambda x: aten.zeros.default([2], device="cpu"),
            lambda x: aten.zeros.default([2], device="x"),
        ),
        (lambda x: aten.abs_.default(x), lambda x: aten.abs_.default(torchffi.ones(1).expand(3))),
        (lambda x: aten.max(x, 1), lambda x: aten.max(x, 5)),
        (lambda x: x.softmax(1), lambda x: x.softmax(5)),
        (lambda x: functional.glu(x, 0), lambda x: functional.glu(x, 1)),
        (
            lambda x: functional.avg_pool1d(x, 2),
            lambda x: functional.avg_pool1d(x, 7),
        ),
        (
            lambda x: functional.max_pool1d(x, 2),
            lambda x: functional.max_pool1d(x, -1),
        ),
    ],
)
def test_later_calls_raise_the_error_of_the_first_one(
    good: Callable[[Any], Any], bad: Callable[[Any], Any]
) -> None:
    def error_of() -> tuple[type, str]:
        with pytest.raises(errors.TorchError) as caught:
            bad(tensor())
        return caught.type, str(caught.value)

    first = error_of()
    repeated(lambda: good(tensor()))
    gc.collect()  # the tracebacks
    before = handles()[0]
    assert repeated(error_of) == [first] * 4
    gc.collect()
    assert handles()[0] == before


def test_a_freed_tensor_is_refused() -> None:
    x = tensor()
    repeated(lambda: aten.neg.default(x))
    torchffi.tensor_free(x)
    with pytest.raises(errors.HandleError):
        aten.neg.default(x)


def test_arrays_are_written_in_place_on_numpy() -> None:
    x = tensor()
    repeated(lambda: aten.abs_.default(x))
    with torchffi.use_backend("numpy"):
        y = torchffi.asarray(np.array([-1.0, 2.0], np.float32))
    with torchffi.use_backend("ffi"):
        aten.neg_.default(y)
    assert y.tolist() == [1.0, -2.0]
    assert all(one is y for one in repeated(lambda: aten.abs_.default(y)))
    assert y.tolist() == [1.0, 2.0]


def test_shapes_that_an_operator_changes_are_read_again() -> None:
    for _ in range(4):
        x = tensor()
        assert x.shape == (2, 3)
        assert aten.t_.default(x) is x
        assert x.shape == (3, 2)
    assert plans(aten.t_.default) == 1


def test_creation_follows_the_backend() -> None:
    repeated(lambda: aten.zeros.default([2]))
    with torchffi.use_backend("numpy"), pytest.raises(errors.UnavailableError):
        aten.zeros.default([2])


def test_a_list_does_not_pass_over_an_overload() -> None:
    """Which overload accepts a list depends on its elements."""
    x = tensor()
    sizes = repeated(lambda: [one.shape for one in aten.split(x, [1, 1])])
    assert sizes == [[(1, 3), (1, 3)]] * 4
    assert [one.shape for one in aten.split(x, 2)] == [(2, 3)]


def test_operators_have_a_bounded_number_of_plans() -> None:
    operator = aten.clamp.default
    values = (None, 1, 1.0, True)
    dtypes = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8")
    for dtype in dtypes:
        x = tensor(X.astype(dtype))
        for low in values:
            for high in values[1:]:
                repeated(lambda x=x, low=low, high=high: operator(x, low, high), 3)
    assert 0 < len(operator._plans) <= 64


def test_the_first_call_compiles_nothing() -> None:
    overload = type(aten.neg.default)("aten::arccosh")
    x = tensor(X + 5)
    overload(x)
    assert plans(overload) == 0
    overload(x)
    assert plans(overload) == 1


def test_functions_with_the_arguments_of_an_operator_keep_their_signatures() -> None:
    parameters = inspect.signature(functional.avg_pool2d).parameters
    assert list(parameters)[:3] == ["input", "kernel_size", "stride"]
    assert functional.avg_pool2d.__doc__


def test_results_of_pairs_are_named_tuples_in_each_call() -> None:
    for found in repeated(lambda: tensor().topk(2)):
        assert type(found).__name__ == "topk"
        assert found.values.shape == found.indices.shape == (2, 2)


def test_a_method_keeps_the_ways_of_calling_it_apart(torch: Any) -> None:
    """Its first plans are in its code; more ways of calling it than that are looked up."""
    calls: list[Callable[[Any, Any], Any]] = [
        lambda f, x: f.glu(x, 1),
        lambda f, x: f.glu(x, dim=1),
        lambda f, x: f.glu(input=x, dim=1),
        lambda f, x: f.glu(x),
        lambda f, x: f.glu(dim=1, input=x),
        lambda f, x: f.glu(x + x, 0),
    ]
    array = np.arange(8, dtype=np.float32).reshape(2, 4)
    both = [(array, 4), (array.astype(np.float64), 3)]
    for dtype_array, times in both:
        x, other = tensor(dtype_array), torch.from_numpy(dtype_array.copy())
        for call in calls:
            expected = call(torch.nn.functional, other).tolist()
            for found in repeated(lambda call=call, x=x: call(functional, x), times):
                assert np.allclose(found.tolist(), expected)
    x = tensor(array)
    repeated(lambda: functional.cosine_similarity(x1=x, x2=x))
    for bad in (
        lambda: functional.cosine_similarity(x, x1=x, x2=x),
        lambda: functional.glu(x, 1, dim=1),
        lambda: functional.glu(),
        lambda: functional.glu(x, axis=1),
    ):
        with pytest.raises(TypeError):
            bad()


def test_a_list_of_optional_tensors_has_a_plan() -> None:
    x, rows, columns = tensor(), tensor([1, 0]), tensor([2, 0])
    for found in repeated(lambda: aten.index.Tensor(x, [rows])):
        assert found.tolist() == X[[1, 0]].tolist()
    for found in repeated(lambda: aten.index.Tensor(x, [None, columns])):
        assert found.tolist() == X[:, [2, 0]].tolist()
    assert aten.index.Tensor._plans[type(x), list]
    with torchffi.use_backend("numpy"):
        other = torchffi.asarray(np.array([1, 0]))
    assert aten.index.Tensor(x, [other]).tolist() == X[[1, 0]].tolist()
    with pytest.raises(errors.ArgumentError, match="indices"):
        aten.index.Tensor(x, [1.5])


def test_an_operator_is_called_as_any_function() -> None:
    x = tensor()
    for call in (aten.clamp_min.default, aten.clamp_min):
        for found in repeated(lambda call=call: call(x, 0.5)):
            assert found.tolist() == X.clip(0.5).tolist()
        for found in repeated(lambda call=call: call(self=x, min=0.5)):
            assert found.tolist() == X.clip(0.5).tolist()
        for found in repeated(lambda call=call: list(map(call, [x], [0.5]))):
            assert found[0].tolist() == X.clip(0.5).tolist()
    assert repr(aten.clamp_min.default).startswith("<torchffi.ops operator aten::clamp_min(")


@pytest.mark.parametrize("name", ["neg", "neg.default", "_to_copy", "_to_copy.default"])
def test_an_operator_can_be_copied_and_pickled(name: str) -> None:
    operator = attrgetter(name)(aten)
    expected = -X if name.startswith("neg") else X
    repeated(lambda: operator(tensor()))  # so that it has plans
    assert copy.copy(operator) is operator
    assert copy.deepcopy({"of a module": operator})["of a module"] is operator
    again = pickle.loads(pickle.dumps(operator))
    assert type(again) is type(operator) and repr(again) == repr(operator)
    for found in repeated(lambda: again(tensor())):
        assert found.tolist() == expected.tolist()
