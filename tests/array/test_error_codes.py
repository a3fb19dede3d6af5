"""Error codes of the C ABI and the exceptions they become."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi import errors
from torchffi._libtorch import calls
from torchffi._numpy import primitives as on_numpy

pytestmark = pytest.mark.filterwarnings("error")

BY_CODE = [errors.by_code(code) for code in range(1, 1 + len(errors.BY_CODE))]
BUILTINS = {
    "InvalidArgumentError": ValueError,
    "ShapeError": ValueError,
    "DTypeError": TypeError,
    "AxisError": IndexError,
    "OutOfMemoryError": MemoryError,
    "NotSupportedError": NotImplementedError,
    "LinAlgError": np.linalg.LinAlgError,
    "HandleError": RuntimeError,
    "UnavailableError": RuntimeError,
    "InternalError": RuntimeError,
}


def test_every_code_has_an_exception_that_is_also_the_builtin() -> None:
    assert [error.__name__ for error in BY_CODE] == list(BUILTINS)
    for error in BY_CODE:
        assert issubclass(error, t.TorchError)
        assert issubclass(error, BUILTINS[error.__name__])
    classes = inspect.getmembers(errors, inspect.isclass)
    own = {c for _, c in classes if c.__module__ == errors.__name__} - {t.TorchError}
    assert own == {
        *BY_CODE,
        errors.ArgumentError,
        errors.FileFormatError,
        errors.ProtocolError,
        errors.SharingError,
        errors.UnknownOperatorError,
    }
    assert issubclass(errors.ArgumentError, errors.InvalidArgumentError)
    assert issubclass(errors.ArgumentError, TypeError)
    assert issubclass(errors.UnknownOperatorError, errors.InvalidArgumentError)
    assert issubclass(errors.UnknownOperatorError, AttributeError)


def test_codes_are_those_of_the_header() -> None:
    from shim.build import header

    codes = re.findall(r"RT_TORCH_([A-Z_]+) = (\d+),?\s*/\*\*<", header.PATH.read_text())
    names = [re.sub("Error$", "", error.__name__) for error in BY_CODE]
    spelled = {"DType": "TYPE", "Axis": "INDEX", "NotSupported": "NOT_IMPLEMENTED", "LinAlg": "LINALG",
               "Handle": "BAD_HANDLE"}  # fmt: skip
    expected = [spelled.get(n) or re.sub(r"(?<!^)(?=[A-Z])", "_", n).upper() for n in names]
    found = dict(codes)
    assert [int(found[name]) for name in expected] == list(range(1, 11))


def test_failing_call_without_an_error_record_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Silent:
        @staticmethod
        def rt_torch_last_error(text: Any, capacity: int) -> int:
            return 0

    monkeypatch.setattr(calls, "lib", Silent)
    with pytest.raises(errors.InternalError, match="a call failed without an error"):
        calls.check_status(-1)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.ShapeError("x"), errors.ShapeError),
        (IndexError("x"), errors.AxisError),
        (MemoryError("x"), errors.OutOfMemoryError),
        (TypeError("x"), errors.NotSupportedError),
        (ValueError("x"), errors.InvalidArgumentError),
    ],
)
def test_exception_of_numpy_becomes_the_one_of_torchffi(
    error: Exception, expected: type[Exception]
) -> None:
    assert type(on_numpy.as_torch_error(error)) is expected
    assert str(on_numpy.as_torch_error(error)) == "x"
