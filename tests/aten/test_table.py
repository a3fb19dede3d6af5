"""Every ATen operator on NumPy gives what PyTorch's operator gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import torchffi
from tests.aten.cases import CASES, F
from tests.export.test_programs import check, ours
from torchffi._aten import numpy_convolutions
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
