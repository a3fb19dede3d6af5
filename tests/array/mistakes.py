"""Invalid calls and the exceptions that they must raise on both backends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import torchffi as t
from tests.support import handles, settled

# The call, the builtin exception, and the complete message.
Mistake = tuple[Callable[[], object], type[Exception], str]


def ones(*shape: int) -> t.Tensor:
    return t.ones(shape)


def ints(*values: int) -> t.Tensor:
    return t.asarray(list(values))


def check_mistake(mistake: Mistake) -> None:
    """Asserts that the call raises the exception with the message, and leaks no handle."""
    call, expected, message = mistake
    before = settled()
    with pytest.raises(expected) as raised:
        call()
    assert str(raised.value) == message
    assert isinstance(raised.value, t.TorchError)
    raised.value.__traceback__ = None
    del raised
    assert handles()[0] == before[0]
