"""Every ATen operator on NumPy gives what PyTorch's operator gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import torchffi
from tests.aten.cases import CASES, F
from tests.export.test_programs import check, ours
from torchffi._aten import numpy_calls, numpy_convolutions
from torchffi._aten.numpy_table import TABLE

DTYPE = {
    torch.float64: torchffi.float64,
    torch.int64: torchffi.int64,
    torch.float32: torchffi.float32,
}

# The other results of embedding_bag are for its gradient, and empty or not as the kernel needs them.
ONLY_FIRST = {"embedding_bag.padding_idx"}


def converted(value: Any) -> Any:
    if isinstance(value, torch.dtype):
        return DTYPE[value]
    if isinstance(value, (list, tuple)):
        return type(value)(map(converted, value))
    return {k: converted(v) for k, v in value.items()} if isinstance(value, dict) else ours(value)


def cloned(value: Any) -> Any:
    if isinstance(value, list):
        return list(map(cloned, value))
    return value.clone() if isinstance(value, torch.Tensor) else value


def test_every_operator_has_cases() -> None:
    assert TABLE.keys() == CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_results_are_those_of_pytorch(name: str) -> None:
    packet, _, overload = name.partition(".")
    reference = getattr(getattr(torch.ops.aten, packet), overload or "default")
    for case in CASES[name]:
        given = list(map(cloned, case))
        named = given.pop() if given and isinstance(given[-1], dict) else {}
        with torchffi.use_backend("numpy"), np.errstate(all="ignore"):
            arguments = converted(given)
            found = TABLE[name](*arguments, **converted(named))
            wanted = reference(*given, **named)
            if name in ONLY_FIRST:
                found, wanted = found[0], wanted[0]
            check(found, wanted, 2e-6)
            for argument, original in zip(arguments, given, strict=True):
                if isinstance(original, torch.Tensor):  # written to, or left alone, as by PyTorch
                    check(argument, original, 2e-6)


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("_assert_scalar", (False, "it is negative"), ValueError),
        ("_assert_tensor_metadata", (F, None, None, torch.float64), TypeError),
        ("_assert_tensor_metadata", (F, [4, 3]), ValueError),
    ],
)
def test_what_numpy_cannot_do_is_refused(name: str, arguments: Any, error: Any) -> None:
    with torchffi.use_backend("numpy"), pytest.raises(error):
        TABLE[name](*converted(list(arguments)))


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d"])
def test_convolutions_copy_few_windows_at_a_time(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numpy_convolutions, "_COLUMNS", 1)
    test_results_are_those_of_pytorch(name)


def _calls(f: Any, x: Any, backend: str) -> list[Any]:
    """Calls that have a plan from the third one on, with operands that its attempt does not take."""
    w = x[..., :1] * 0 + 0.25
    with torchffi.use_backend(backend):
        i = torchffi.asarray([[1, 0], [1, 1]])
        d = x.astype(torchffi.float64)
    return [
        lambda: f.softplus(x), lambda: f.softplus(x * 200), lambda: f.softplus(x * float("nan")),
        lambda: f.prelu(x, w[0]), lambda: f.interpolate(x[None], scale_factor=2),
        lambda: f.interpolate(x[None], scale_factor=[2.0]), lambda: f.embedding_bag(i, x),
        lambda: f.embedding_bag(i, x, mode="max"), lambda: f.embedding_bag(i, d),
        lambda: f.gaussian_nll_loss(x, d.astype(x.dtype), x + 3, eps=-1.0),
        lambda: f.gaussian_nll_loss(x, d, x + 3), lambda: f.pad(x, (1, -1)),
        lambda: f.pad(x, [0, 2], value=2.5), lambda: f.one_hot(i), lambda: f.one_hot(i, 3),
    ]  # fmt: skip


def test_plans_on_numpy_compute_what_the_first_call_does() -> None:
    values = np.linspace(-1, 1, 4, dtype=np.float32).reshape(2, 2)
    found = {}
    for backend in ("numpy", "ffi"):
        with torchffi.use_backend(backend):
            x = torchffi.asarray(values.copy())
        calls = _calls(torchffi.nn.functional, x, backend)
        found[backend] = [[call().numpy() for _ in range(4)] for call in calls]
    for ours_, theirs in zip(found["numpy"], found["ffi"], strict=True):
        for one, expected in zip(ours_, theirs, strict=True):
            assert one.dtype == expected.dtype
            np.testing.assert_allclose(one, expected, 2e-6)


def test_errors_of_plans_on_numpy_name_the_function() -> None:
    f = torchffi.nn.functional
    with torchffi.use_backend("numpy"):
        x, i = torchffi.ones((2, 2)), torchffi.asarray([[1, 0]])
        for _ in range(3):
            f.glu(x)
            f.embedding_bag(i, x)
            f.gaussian_nll_loss(x, x, x)
        with pytest.raises(ValueError, match=r"^glu: axis -1 of shape"):
            f.glu(x[:, :1])
        with pytest.raises(IndexError, match=r"^embedding_bag: "):
            f.embedding_bag(i * 7, x)
        # Also next to a NaN, and with a limit below 0.
        y = torchffi.asarray([[float("nan"), -1.0], [1.0, 1.0]])
        with pytest.raises(ValueError, match=r"^gaussian_nll_loss: var has negative"):
            f.gaussian_nll_loss(x, x, y, eps=-2.0)


def test_a_function_may_return_one_result_after_several() -> None:
    of = numpy_calls.of_arrays(lambda x, both: (x, x + 1) if both else x + 2)
    with torchffi.use_backend("numpy"):
        x = torchffi.ones((2, 2))
    for both in (False, True, True, False, False, True):
        found = of(x, both)
        assert len(found) == 2 and isinstance(found, tuple) is both
        assert (found[1] if both else found).tolist() == [[2 + (not both)] * 2] * 2
