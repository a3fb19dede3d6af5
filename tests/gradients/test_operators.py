"""ops: the gradient of every operator for which arguments are found is PyTorch's, bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import torchffi
from tests import operator_samples as samples

pytestmark = pytest.mark.usefixtures("ffi_backend")


def patterned(shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    """A gradient to begin with."""
    count = int(np.prod(shape))
    return (np.arange(count) % 7 / 4 - 0.5).astype(dtype).reshape(shape)


class Leaves:
    """Makes the arguments of a call: results of recorded operations on leaves."""

    def __init__(self, library: Any, tensor_of: Any) -> None:
        self.library, self.tensor_of = library, tensor_of
        self.leaves: list[Any] = []

    def __call__(self, array: np.ndarray[Any, Any]) -> Any:
        tensor = self.tensor_of(array.copy())
        if array.dtype.kind not in "fc":
            return tensor
        self.leaves.append(tensor.requires_grad_())
        return tensor * 1.0  # an operator may write to it

    def gradients(self, result: Any) -> list[np.ndarray[Any, Any] | None]:
        outputs = [one for one in samples.flat(result) if getattr(one, "requires_grad", False)]
        start = [
            self.tensor_of(
                patterned(tuple(one.shape), str(one.dtype).partition(".")[2] or str(one.dtype))
            )
            for one in outputs
        ]
        found = self.library.autograd.grad(outputs, self.leaves, start, allow_unused=True)
        return [None if one is None else np.asarray(one.detach().tolist()) for one in found]


def same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(
        (x is None) == (y is None) and (x is None or np.array_equal(x, y, equal_nan=True))
        for x, y in zip(a, b, strict=True)
    )


def computed(
    library: Any, tensor_of: Any, schema: Any, arguments: Any, named: Any
) -> list[np.ndarray[Any, Any] | None]:
    leaves = Leaves(library, tensor_of)
    given = samples.made([arguments, named], leaves, library)
    operator = samples.overload_of(library.ops.aten, schema)
    return leaves.gradients(operator(*given[0], **given[1]))


def accepted(torch: Any, schema: Any) -> tuple[Any, Any, list[Any]] | None:
    """Arguments for which PyTorch computes a gradient, twice the same."""
    for arguments, named in samples.attempts(schema):
        try:
            found = [computed(torch, torch.from_numpy, schema, arguments, named) for _ in range(2)]
        except Exception:  # PyTorch raises many types for invalid arguments
            continue
        if any(one is not None for one in found[0]) and same(*found):
            return arguments, named, found[0]
    return None


def schemas() -> Iterator[Any]:
    for schema in samples.aten():
        by_name = any(p.written and p.by_name_only for p in schema.parameters)
        # Some private ones end the process in PyTorch too, for arguments that their callers never give.
        private = schema.name.startswith("aten::_")
        if not by_name and not private and not samples.skipped(schema.name):
            yield schema


def test_gradients_of_operators_are_those_of_pytorch(torch: Any) -> None:
    compared, wrong = [], []
    for schema in schemas():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = accepted(torch, schema)
        if found is None:
            continue
        arguments, named, expected = found
        try:
            actual = computed(torchffi, torchffi.from_numpy, schema, arguments, named)
        except Exception as error:
            wrong.append(f"{schema.text} of {arguments} {named}: {error!r:.300}")
            continue
        if not same(expected, actual):
            wrong.append(f"{schema.text} of {arguments} {named}: {actual} is not {expected}")
        compared.append(schema.name)
    operators = {name.partition(".")[0] for name in compared}
    print(f"gradients compared: {len(compared)} overloads of {len(operators)} operators")
    assert not wrong, "\n".join(wrong)
    assert len(operators) >= 300
