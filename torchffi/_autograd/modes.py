"""Whether this thread records operations for gradients.

On the NumPy backend nothing is ever recorded, and the modes have no effect.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator

from torchffi._core import lifetimes
from torchffi._core.backends import FFI, default_backend
from torchffi._libtorch import gradients
from torchffi._libtorch.gradients import asks_enabled, set_enabled
from torchffi._libtorch.loader import lib
from torchffi._stdlib.typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _has_libtorch() -> bool:
    return bool(lib.rt_torch_available()) or default_backend() is FFI


@lifetimes.asking("rt_torch_grad_enabled")
def is_grad_enabled() -> bool:
    """Whether this thread records operations on tensors that require gradients.

    Source: c10::GradMode::is_enabled.
    """
    flag: int = asks_enabled()
    if flag == 1:
        return True
    if flag == 0:
        return False
    return gradients.grad_enabled() if _has_libtorch() else True


def set_mode(enabled: bool) -> bool:
    """Sets the mode of this thread, and returns what it was before."""
    before: int = set_enabled(enabled)
    if before >= 0:
        return before == 1
    return gradients.set_grad_enabled(enabled) if _has_libtorch() else True


class _Mode:
    """A mode as a context manager and as a decorator, of functions and of generators."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled
        self._before: list[bool] = []

    def __enter__(self) -> None:
        self._before.append(set_mode(self._enabled))

    def __exit__(self, *_: object) -> None:
        set_mode(self._before.pop())

    def __call__(self, function: _Function) -> _Function:
        """The function, which then runs in this mode."""
        import inspect  # most programs do not need it, and it takes long

        enabled = self._enabled
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*arguments: Any, **named: Any) -> Generator[Any, Any, Any]:
                return (yield from _steps(function(*arguments, **named), enabled))

            return generator  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapped(*arguments: Any, **named: Any) -> Any:
            before = set_mode(enabled)  # as _Mode does, without an object for each call
            try:
                return function(*arguments, **named)
            finally:
                set_mode(before)

        return wrapped  # type: ignore[return-value]


def _steps(generator: Any, enabled: bool) -> Generator[Any, Any, Any]:
    """A generator each of whose steps runs in a mode; what lies between them does not."""
    step, argument = generator.send, None
    while True:
        try:
            with _Mode(enabled):
                value = step(argument)
        except StopIteration as end:
            return end.value
        try:
            step, argument = generator.send, (yield value)
        except GeneratorExit:
            with _Mode(enabled):
                generator.close()
            raise
        except BaseException as error:
            step, argument = generator.throw, error


class no_grad(_Mode):
    """Records no operations in its block, or in the function that it decorates, of this thread.

    Results do not require gradients, even if an operand does. ``@no_grad`` and ``@no_grad()`` are the
    same.

    Source: c10::GradMode::set_enabled.
    """

    def __new__(cls, function: Any = None) -> Any:
        """The context manager; the decorated function if one is given."""
        if function is None:
            return super().__new__(cls)
        return no_grad()(function)

    def __init__(self) -> None:
        super().__init__(False)


class inference_mode(_Mode):
    """As :class:`no_grad`; ``inference_mode(False)`` is :class:`enable_grad`.

    In PyTorch its results can never take part in what is recorded; here they can.

    Args:
        mode: Whether to record nothing.

    Source: c10::GradMode::set_enabled.
    """

    def __new__(cls, mode: Any = True) -> Any:
        """The context manager; the decorated function if one is given."""
        if callable(mode):
            return inference_mode()(mode)
        return super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)


class enable_grad(_Mode):
    """Records operations in its block, or in the function that it decorates: undoes :class:`no_grad`.

    Source: c10::GradMode::set_enabled.
    """

    def __new__(cls, function: Any = None) -> Any:
        """The context manager; the decorated function if one is given."""
        if function is None:
            return super().__new__(cls)
        return enable_grad()(function)

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_Mode):
    """Records operations, or does not, from now on; as a context manager, to the end of its block.

    Args:
        mode: Whether to record.

    Source: c10::GradMode::set_enabled.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._first: list[bool] = [set_mode(self._enabled)]

    def __enter__(self) -> None:
        self._before.append(self._first.pop() if self._first else is_grad_enabled())
        set_mode(self._enabled)

    def __call__(self, function: _Function) -> _Function:
        """The function, which then runs in this mode; the mode of this thread is what it was."""
        if self._first:
            set_mode(self._first.pop())
        return super().__call__(function)
