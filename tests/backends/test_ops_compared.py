"""ops: every operator for which arguments are found gives PyTorch's result on the same data."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest

import torchffi
from tests import operator_samples as samples
from tests.support import handles
from torchffi import Tensor, errors
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import boxed, registry, schemas
from torchffi.dtypes import DType

pytestmark = pytest.mark.usefixtures("ffi_backend")


def plain(torch: Any, result: Any) -> list[Any]:
    """A result as NumPy arrays and Python values."""
    return [
        one.detach().resolve_conj().resolve_neg().numpy().copy()
        if isinstance(one, torch.Tensor)
        else one
        for one in samples.flat(result)
    ]


def ours(one: Any) -> Any:
    if isinstance(one, Tensor):
        return one.numpy().copy()
    return one.code if isinstance(one, DType) else one  # PyTorch's operators return the code


def equal(a: list[Any], b: list[Any]) -> bool:
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        if isinstance(x, np.ndarray):
            same = isinstance(y, np.ndarray) and x.dtype == y.dtype and x.shape == y.shape
            if not same or not np.array_equal(x, y, equal_nan=x.dtype.kind in "fc"):
                return False
        elif type(x) is not type(y) or (x != y and x == x):
            return False
    return True


def accepted(torch: Any, schema: schemas.Schema) -> tuple[Any, Any, list[Any]] | None:
    """Arguments that PyTorch accepts, and its result, which must be the same in a second call."""
    operator = samples.overload_of(torch.ops.aten, schema)

    def call(arguments: Any, named: Any, junk: int) -> list[Any]:
        # Different memory contents in each call expose kernels that read uninitialized memory.
        del [torch.full((n,), junk) for n in range(1, 40, 3)][:]
        given = samples.made(
            [arguments, named], lambda array: torch.from_numpy(samples.amid(array, junk)), torch
        )
        return plain(torch, operator(*given[0], **given[1]))

    for arguments, named in samples.attempts(schema):
        try:
            expected = call(arguments, named, 0)
            if expected and all(equal(expected, call(arguments, named, n)) for n in (-3, 77)):
                return arguments, named, expected
        except Exception:  # PyTorch raises many types for invalid arguments
            continue
    return None


def test_operators_give_the_results_of_pytorch(torch: Any, untraced: None) -> None:
    compared: list[str] = []
    wrong: list[str] = []
    planned = 0
    for schema in samples.aten():
        by_name = any(p.written and p.by_name_only for p in schema.parameters)
        if by_name or samples.skipped(schema.name):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = accepted(torch, schema)
        if found is None:
            continue
        arguments, named, expected = found
        operator = samples.overload_of(torchffi.ops.aten, schema)
        before = handles()[0]
        for _ in range(3):  # the third call takes a plan
            given = samples.made(
                [arguments, named],
                lambda array: torchffi.from_numpy(samples.amid(array, 5)),
                torchffi,
            )
            try:
                result = operator(*given[0], **given[1])
            except Exception as error:
                wrong.append(f"{schema.text} of {arguments} {named}: {error!r:.300}")
                break
            actual = [ours(one) for one in samples.flat(result)]
            if not equal(expected, actual):
                wrong.append(f"{schema.text} of {arguments} {named}: {actual} is not {expected}")
            written = [p.written for p in schema.parameters if p.written]
            alone = len(written) == 1 and [one.written for one in schema.results] == written
            if alone and schema.parameters[0].written and result is not given[0][0]:
                wrong.append(f"{schema.text}: the result is not the argument that was written")
            del result, given
        compared.append(schema.name)
        planned += any(operator._plans.values())
        if handles()[0] > before:
            wrong.append(f"{schema.name}: {handles()[0] - before} handles leaked")
    operators = {name.partition(".")[0] for name in compared}
    print(
        f"compared with PyTorch: {len(compared)} overloads of {len(operators)} operators, "
        f"{planned} of them with plans"
    )
    assert not wrong, "\n".join(wrong)
    assert len(operators) >= 500
    assert planned >= 800


def test_every_operator_can_be_called_or_fails_by_name() -> None:
    """A call without arguments reaches the schema check or the kernel, or fails with the reason."""
    outcome: Counter[str] = Counter()
    listed = [name for name in registry.names() if name.startswith("aten::")]
    for name in listed:
        try:
            operator = boxed.find(name)
        except errors.NotSupportedError as error:
            assert str(error).startswith(name)
            outcome["no schema"] += 1
            continue
        text = ffi.new("char[]", 4096)
        count = lib.rt_torch_call(operator.number, ffi.NULL, -1, ffi.NULL, -1)
        assert count == -1
        if lib.rt_torch_last_error(text, 4096) == lib.RT_TORCH_NOT_IMPLEMENTED:
            message = ffi.string(text).decode()
            assert name in message
            assert "which rt_torch_value cannot hold" in message
            outcome["refused"] += 1
        else:
            outcome["callable"] += 1
    print(f"aten operators: {len(listed)} listed, {dict(outcome)}")
    assert outcome["callable"] + outcome["refused"] + outcome["no schema"] == len(listed)
    assert outcome["refused"] < 20
    assert outcome["callable"] > 3000


def test_operators_only_for_torchscript_fail_by_name(torch: Any) -> None:
    listed = set(registry.names())
    only: list[str] = []
    for schema in torch._C._jit_get_all_schemas():
        name = f"{schema.name}.{schema.overload_name}".removesuffix(".")
        if name not in listed and name.startswith("aten::"):
            with pytest.raises(errors.NotSupportedError, match="TorchScript's interpreter only"):
                boxed.find(name)
            only.append(name)
    print(f"aten schemas of TorchScript alone: {len(only)}")
    assert len(only) > 100


def test_schemas_are_parsed_as_pytorch_parses_them(torch: Any) -> None:
    known = {}
    for schema in torch._C._jit_get_all_schemas():
        known[f"{schema.name}.{schema.overload_name}".removesuffix(".")] = schema
    for ours in samples.aten():
        theirs = known[ours.name]
        assert len(ours.results) == len(theirs.returns)
        assert [
            (p.name, p.by_name_only, not p.required, p.type.size, bool(p.written))
            for p in ours.parameters
        ] == [
            (a.name, a.kwarg_only, a.has_default_value(), a.N or 0, a.is_out or _written(a))
            for a in theirs.arguments
        ]


def _written(argument: Any) -> bool:
    return argument.alias_info is not None and argument.alias_info.is_write


def test_numbers_are_accepted_for_tensors_as_in_pytorch(torch: Any) -> None:
    from torchffi._core.by_name.overloads import _TAKES_NUMBERS

    bases = {name.partition(".")[0] for name in registry.names() if name.startswith("aten::")}
    for base in bases:
        theirs = torch._C._should_allow_numbers_as_tensors(base.removeprefix("aten::"))
        assert (base in _TAKES_NUMBERS) == theirs, base
