"""A pickled tensor holds plain data: its values, shape, dtype and device."""

from __future__ import annotations

import copy
import io
import pickle
import pickletools
from typing import Any

import pytest

import torchffi as t
from torchffi._array.conversion import from_bytes

PLAIN = (bytes, str, int, tuple)


class Restricted(pickle.Unpickler):
    """Finds nothing but the function that restores tensors."""

    def find_class(self, module: str, name: str) -> Any:
        """As of the base class."""
        assert (module, name) == ("torchffi._array.conversion", "from_bytes")
        return from_bytes


# Older protocols have no bytes: Python restores them by the function codecs.encode().
@pytest.mark.parametrize("protocol", range(3, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["float32", "int64", "bool", "complex128"])
def test_unpickling_calls_nothing_but_the_constructor(
    name: str, protocol: int, backend: str
) -> None:
    x = t.asarray([[1, 0, 1]]).astype(t.dtypes.by_name(name))
    data = pickle.dumps(x, protocol)
    restored = Restricted(io.BytesIO(data)).load()
    assert (restored.dtype, restored.shape, restored.tolist()) == (x.dtype, (1, 3), x.tolist())
    calls = [code.name for code, *_ in pickletools.genops(data)]
    assert calls.count("REDUCE") == 1
    assert not {"BUILD", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ", "EXT1"} & set(calls)


def test_what_is_pickled_is_plain_data(backend: str) -> None:
    function, arguments = t.ones((2, 3)).__reduce__()
    assert function is from_bytes
    assert all(type(argument) in PLAIN for argument in arguments)
    assert arguments[1:] == ((2, 3), "float32", "cpu")
    assert copy.deepcopy(t.ones((2, 3))).tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    "arguments",
    [
        (b"12345", (1000,), "float32", "cpu"),
        (b"", (2**62, 2**62), "float32", "cpu"),
        (b"1234", (1,), "object", "cpu"),
        (b"1234", (1,), "float32", "disk"),
        (b"1234", ("1",), "float32", "cpu"),
        ("1234", (1,), "float32", "cpu"),
    ],
)
def test_wrong_data_is_an_error(arguments: Any, backend: str) -> None:
    with pytest.raises((t.TorchError, TypeError, ValueError, KeyError)):
        from_bytes(*arguments)
