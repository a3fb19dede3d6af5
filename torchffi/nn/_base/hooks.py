"""The call of a module, with the functions that run before and after ``forward()``."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

_numbers: Final = itertools.count()


class RemovableHandle:
    """A registered hook, which ``remove()`` removes; also at the end of a ``with`` block."""

    def __init__(self, hooks: dict[int, Any]) -> None:
        self.id = next(_numbers)
        self._hooks = hooks

    def remove(self) -> None:
        """Removes the hook. Does nothing if it has been removed."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Hooks:
    """What a module has of hooks. A base class of Module."""

    forward: Callable[..., Any]
    # number -> (hook, whether it takes keyword arguments[, whether it runs after an error])
    _forward_pre_hooks: dict[int, tuple[Callable[..., Any], bool]]
    _forward_hooks: dict[int, tuple[Callable[..., Any], bool, bool]]
    # number -> (hook, whether it runs before the gradients of the arguments are computed)
    _backward_hooks: dict[int, tuple[Callable[..., Any], bool]]

    def _init_hooks(self) -> None:
        self.__dict__["_forward_pre_hooks"] = {}
        self.__dict__["_forward_hooks"] = {}
        self.__dict__["_backward_hooks"] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs ``forward()`` between the hooks."""
        if self._forward_hooks or self._forward_pre_hooks or self._backward_hooks:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs) if kwargs else self.forward(*args)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        left = dict(self._forward_hooks)
        try:
            for before, with_kwargs in tuple(self._forward_pre_hooks.values()):
                args, kwargs = _arguments(before, self, args, kwargs, with_kwargs)
            passage = self._passage()
            if passage is not None:
                args = passage.enter(args)
            result = self.forward(*args, **kwargs)
            for number, (after, with_kwargs, _) in tuple(left.items()):
                del left[number]
                given = (self, args, kwargs, result) if with_kwargs else (self, args, result)
                replaced = after(*given)
                result = result if replaced is None else replaced
            if passage is not None:
                result = passage.leave(result)
        except Exception:
            for after, with_kwargs, always in left.values():
                if always:
                    after(self, args, kwargs, None) if with_kwargs else after(self, args, None)
            raise
        return result

    def _passage(self) -> Any:
        """What calls the backward hooks for one call of the module; None if there are none."""
        if not self._backward_hooks:
            return None
        from torchffi.nn._base.backward_hooks import Passage  # few modules have them

        kinds = [
            [hook for hook, is_pre in self._backward_hooks.values() if is_pre is kind]
            for kind in (False, True)
        ]
        return Passage(self, *kinds)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls a function before each ``forward()``.

        Args:
            hook: Takes the module and the tuple of positional arguments; returns None, or the arguments
                to use instead. With ``with_kwargs`` it also takes the keyword arguments, and returns
                None or both.
            prepend: Whether it runs before the hooks that are there.
            with_kwargs: Whether it takes keyword arguments.

        Returns:
            An object whose ``remove()`` removes the hook.

        Source: torch.nn.Module.register_forward_pre_hook.
        """
        return _add(self._forward_pre_hooks, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Calls a function after each ``forward()``.

        Args:
            hook: Takes the module, the tuple of positional arguments and the result; returns None, or a
                result to use instead. With ``with_kwargs`` the keyword arguments come before the result.
            prepend: Whether it runs before the hooks that are there.
            with_kwargs: Whether it takes keyword arguments.
            always_call: Whether it also runs when ``forward()`` raises; the result is then None.

        Returns:
            An object whose ``remove()`` removes the hook.

        Source: torch.nn.Module.register_forward_hook.
        """
        return _add(self._forward_hooks, (hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Calls a function when the gradients of the module's arguments have been computed.

        The arguments and results of the module must then not be overwritten.

        Args:
            hook: Takes the module, the gradients of the positional arguments and those of the results:
                two tuples, with None for what is no tensor or has no gradient. Returns None, or the
                gradients of the arguments to use instead.
            prepend: Whether it runs before the hooks that are there.

        Returns:
            An object whose ``remove()`` removes the hook.

        Source: torch.nn.Module.register_full_backward_hook.
        """
        return _add(self._backward_hooks, (hook, False), prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Calls a function when the gradients of the module's results have come.

        Args:
            hook: Takes the module and the gradients of the results, a tuple; returns None, or the
                gradients to use instead.
            prepend: Whether it runs before the hooks that are there.

        Returns:
            An object whose ``remove()`` removes the hook.

        Source: torch.nn.Module.register_full_backward_pre_hook.
        """
        return _add(self._backward_hooks, (hook, True), prepend)


def _arguments(
    hook: Callable[..., Any], module: Any, args: Any, kwargs: Any, with_kwargs: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments after a hook has seen them."""
    if with_kwargs:
        both = hook(module, args, kwargs)
        return (args, kwargs) if both is None else both
    changed = hook(module, args)
    if changed is None:
        return args, kwargs
    return changed if isinstance(changed, tuple) else (changed,), kwargs


def _add(hooks: dict[int, Any], entry: Any, prepend: bool) -> RemovableHandle:
    handle = RemovableHandle(hooks)
    hooks[handle.id] = entry
    if prepend:
        others = {number: one for number, one in hooks.items() if number != handle.id}
        for number in others:
            del hooks[number]
        hooks.update(others)
    return handle
