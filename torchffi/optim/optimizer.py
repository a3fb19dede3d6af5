"""The base of all optimizers: groups of parameters, their states, and saving both."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.optim import _lists, _states
from torchffi.optim._hooks import Handle, added

__all__ = ["Optimizer", "required"]

Group = dict[str, Any]
Closure = Callable[[], Any]


class _Required:
    """The default of an option that each group must have."""

    def __repr__(self) -> str:
        return "<required parameter>"


required: Final = _Required()


def _counted(step: Callable[..., Any]) -> Callable[..., Any]:
    """A ``step`` method that calls the hooks, and notes that it was called, for the schedulers."""

    @functools.wraps(step)
    def wrapped(self: Optimizer, *arguments: Any, **named: Any) -> Any:
        if not self._before_step and not self._after_step:
            self._opt_called = True
            return step(self, *arguments, **named)
        for hook in list(self._before_step.values()):
            replaced = hook(self, arguments, named)
            if replaced is not None:
                arguments, named = replaced
        self._opt_called = True
        result = step(self, *arguments, **named)
        for hook in list(self._after_step.values()):
            hook(self, arguments, named)
        return result

    return wrapped


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: Tensors that require gradients; or pairs of a name and a tensor; or dicts, each a group
            with such a list as ``"params"`` and options that differ from the defaults.
        defaults: The options of groups that do not have their own.

    Attributes:
        param_groups: A list of dicts: the parameters of each group, and its options.
        state: Parameter -> dict of what the optimizer keeps for it.

    Raises:
        TypeError: ``params`` is one tensor, or something in it is no tensor.
        ValueError: It is empty; a tensor is not a leaf, or in two groups; only some have names.

    Source: torch.optim.Optimizer.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._start()
        if isinstance(params, Tensor):
            raise ArgumentError(
                f"{self._name}: params is a Tensor, expected a list of tensors or dicts; use [tensor]"
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise InvalidArgumentError(
                f"{self._name}: params is empty, expected at least one tensor"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "step" in cls.__dict__:
            cls.step = _counted(cls.step)  # type: ignore[method-assign]

    def _start(self) -> None:
        """Sets what is not saved."""
        self._opt_called = self._has_scheduler = False
        self._before_step: OrderedDict[int, Any] = OrderedDict()
        self._after_step: OrderedDict[int, Any] = OrderedDict()
        self._before_save: OrderedDict[int, Any] = OrderedDict()
        self._after_save: OrderedDict[int, Any] = OrderedDict()
        self._before_load: OrderedDict[int, Any] = OrderedDict()
        self._after_load: OrderedDict[int, Any] = OrderedDict()

    @property
    def _name(self) -> str:
        return type(self).__name__

    def __getstate__(self) -> dict[str, Any]:
        return {key: self.__dict__[key] for key in ("defaults", "state", "param_groups")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_before_step" not in self.__dict__:
            self._start()

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    # ---- Groups

    def add_param_group(self, param_group: Group) -> None:
        """Adds a group of parameters.

        Args:
            param_group: The tensors as ``"params"``, and options that differ from the defaults.

        Raises:
            TypeError, ValueError: As for the constructor.
        """
        if not isinstance(param_group, dict):
            raise ArgumentError(
                f"{self._name}: a group of parameters is {type(param_group).__name__}, expected a dict"
            )
        _states.check_group(self._name, param_group)
        for option, default in self.defaults.items():
            if default is required and option not in param_group:
                raise InvalidArgumentError(
                    f"{self._name}: a group of parameters has no {option!r}, which has no default"
                )
            param_group.setdefault(option, default)
        tensors = param_group["params"]
        if len(tensors) != len(set(tensors)):
            warnings.warn(
                f"{self._name}: a group has the same parameter more than once",
                UserWarning,
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                raise InvalidArgumentError(
                    f"{self._name}: some groups of parameters have names and others do not; give names "
                    "to all or none"
                )
        if not set(tensors).isdisjoint(
            one for group in self.param_groups for one in group["params"]
        ):
            raise InvalidArgumentError(f"{self._name}: a parameter is in more than one group")
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Removes the gradients of all parameters.

        Args:
            set_to_none: Whether to remove them, or to fill them with zeros.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter._backend is not FFI:
                    continue
                if set_to_none:
                    gradients.set_grad(parameter._data, 0)
                    continue
                gradient = parameter.grad
                if gradient is not None:
                    if gradient.grad_fn is None:
                        gradient.requires_grad_(False)
                    else:
                        _lists.call("aten::detach_", gradient)
                    _lists.call("aten::zero_", gradient)

    def step(self, closure: Closure | None = None) -> Any:
        """Changes the parameters by one step, in place.

        Args:
            closure: Computes the loss and the gradients anew, and returns the loss; None to use the
                gradients that the parameters have.

        Returns:
            What ``closure`` returned, or None.
        """
        raise NotImplementedError(f"{self._name} has no step(); define it")

    # ---- Saving

    def state_dict(self) -> dict[str, Any]:
        """The states and options as plain dicts, in PyTorch's layout, with numbers for parameters.

        The tensors are those of the optimizer, not copies.
        """
        for hook in self._before_save.values():
            hook(self)
        found: dict[str, Any] = _states.packed(self.param_groups, self.state)
        for hook in self._after_save.values():
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over states and options, such as :meth:`state_dict` returns.

        Tensors go to the device and the floating-point dtype of their parameter; one that has both
        already is not copied.

        Args:
            state_dict: Of an optimizer of this class with as many groups and parameters.

        Raises:
            ValueError: It has other groups.
        """
        state_dict = dict(state_dict)
        for hook in self._before_load.values():
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        self.__setstate__(_states.unpacked(self._name, self.param_groups, state_dict))
        for hook in self._after_load.values():
            hook(self)

    # ---- Hooks

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls ``hook(optimizer, args, kwargs)`` before each step; it may return both changed."""
        return added(self._before_step, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls ``hook(optimizer, args, kwargs)`` after each step."""
        return added(self._after_step, hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Calls ``hook(optimizer)`` before :meth:`state_dict`."""
        return added(self._before_save, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Calls ``hook(optimizer, state_dict)`` after :meth:`state_dict`; it may return another."""
        return added(self._after_save, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Calls ``hook(optimizer, state_dict)`` before loading; it may return another state dict."""
        return added(self._before_load, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> Handle:
        """Calls ``hook(optimizer)`` after loading."""
        return added(self._after_load, hook, prepend)
