"""The base class of modules: what a module has, and how it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchffi._core.parameters import is_parameter
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError, NotSupportedError
from torchffi.nn._base.conversion import Conversion
from torchffi.nn._base.hooks import Hooks
from torchffi.nn._base.members import Member
from torchffi.nn._base.state import State
from torchffi.nn._base.traversal import Traversal

_TABLES = ("_modules", "_parameters", "_buffers")  # in the order of __getattr__()


class Module(Hooks, Traversal, State, Conversion):
    """A part of a model, with parameters, buffers and further modules as its attributes.

    A subclass calls ``super().__init__()``, assigns :class:`Parameter` and :class:`Module` objects to
    its attributes, and defines ``forward()``, which a call of the module runs.

    Attributes:
        training: Whether the module is in training mode, as after ``train()``, or not, as after
            ``eval()``.

    Source: torch.nn.Module.
    """

    training: bool
    _parameters: dict[str, Tensor | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]

    def __init__(self) -> None:
        values = self.__dict__
        values["training"] = True
        for table in _TABLES:
            values[table] = {}
        values["_non_persistent_buffers_set"] = set()
        self._init_hooks()

    def _no_forward(self, *_: Any, **__: Any) -> Any:
        raise NotSupportedError(f"{self._get_name()} defines no forward()")

    forward: Callable[..., Any] = _no_forward  # subclasses choose the arguments

    # ---- Attributes

    def register_parameter(self, name: str, param: Tensor | None) -> None:
        """Adds a parameter.

        Args:
            name: Its name, and that of the attribute.
            param: A :class:`Parameter`; None for one that the module can do without.

        Raises:
            TypeError: If it is something else.
            ValueError: If the name cannot be one, or is taken.
        """
        self._check_name("register_parameter", name, self._parameters)
        if param is not None and not is_parameter(param):
            raise ArgumentError(
                f"register_parameter: {name!r} is {_kind(param)}, expected a Parameter or None"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that belongs to the state of the module, but is not trained.

        Args:
            name: Its name, and that of the attribute.
            tensor: The tensor, or None.
            persistent: Whether ``state_dict()`` includes it.

        Raises:
            TypeError: If it is not a tensor.
            ValueError: If the name cannot be one, or is taken.
        """
        self._check_name("register_buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise ArgumentError(
                f"register_buffer: {name!r} is {_kind(tensor)}, expected a Tensor or None"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a module.

        Args:
            name: Its name, and that of the attribute.
            module: The module, or None.

        Raises:
            TypeError: If it is not a module.
            ValueError: If the name cannot be one, or is taken.
        """
        self._check_name("add_module", name, self._modules)
        if module is not None and not isinstance(module, Module):
            raise ArgumentError(
                f"add_module: {name!r} is {_kind(module)}, expected a Module or None"
            )
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, function: str, name: str, table: dict[str, Any]) -> None:
        if "training" not in self.__dict__:
            raise AttributeError(f"{function}: call super().__init__() of the module first")
        if not isinstance(name, str):
            raise ArgumentError(f"{function}: the name is {name!r}, expected a string")
        if not name or "." in name:
            raise InvalidArgumentError(
                f"{function}: the name is {name!r}, expected one without dots"
            )
        if hasattr(self, name) and name not in table:
            raise InvalidArgumentError(f"{function}: there is an attribute {name!r} already")

    def __setattr__(self, name: str, value: Any) -> None:
        values = self.__dict__
        if isinstance(value, Module) or is_parameter(value):
            table, register = (
                ("_modules", self.add_module)
                if isinstance(value, Module)
                else ("_parameters", self.register_parameter)
            )
            if table not in values:
                raise AttributeError(f"{name}: call super().__init__() of the module first")
            values.pop(name, None)
            for other in _TABLES:
                if other != table:
                    values[other].pop(name, None)
            self._non_persistent_buffers_set.discard(name)
            register(name, value)
            kind = type(self)
            if kind is not Module and name.isidentifier() and not hasattr(kind, name):
                setattr(kind, name, Member(table, name))
            return
        for table in _TABLES:
            if name in values.get(table, ()):
                self._replace(table, name, value)
                return
        object.__setattr__(self, name, value)

    def _replace(self, table: str, name: str, value: Any) -> None:
        """Assigns to the name of a parameter, buffer or module what is not a parameter or a module."""
        if value is not None and not (table == "_buffers" and isinstance(value, Tensor)):
            expected = {"_parameters": "Parameter", "_buffers": "Tensor", "_modules": "Module"}[
                table
            ]
            raise ArgumentError(f"{name}: {_kind(value)} given, expected a {expected} or None")
        self.__dict__[table][name] = value

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__
        for table in _TABLES:
            found = values.get(table)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {
            *(n for n in super().__dir__() if not isinstance(getattr(type(self), n, None), Member)),
            *(n for table in _TABLES for n in self.__dict__.get(table, ())),
        }
        return sorted(names)

    # ---- Modes

    def train(self, mode: bool = True) -> Module:
        """Sets the module and all its modules to training mode, or to evaluation mode.

        Args:
            mode: Whether to train.

        Returns:
            The module itself.
        """
        if not isinstance(mode, bool):
            raise ArgumentError(f"train: mode is {mode!r}, expected a bool")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Sets the module and all its modules to evaluation mode. Returns the module."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Says whether gradients of the parameters are wanted. Returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Removes the gradients of all parameters.

        Args:
            set_to_none: Whether to remove them; otherwise they are overwritten with zeros.
        """
        for parameter in self.parameters():
            gradient = parameter.grad
            if gradient is not None and set_to_none:
                parameter.grad = None
            elif gradient is not None:
                parameter.grad = gradient.detach() * 0

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Calls a function with each module, the innermost ones first, and with the module itself.

        Args:
            fn: The function, such as one that initializes the parameters of layers of one kind.

        Returns:
            The module itself.
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # ---- As text

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What ``repr()`` shows of the module itself; subclasses define it."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        inner = [f"({name}): {_indented(repr(one))}" for name, one in self._modules.items()]
        if len(lines) <= 1 and not inner:
            return f"{self._get_name()}({extra})"
        return "\n  ".join([f"{self._get_name()}(", *lines, *inner]) + "\n)"


def _indented(text: str) -> str:
    """The text with the lines after the first one moved to the right."""
    return text.replace("\n", "\n  ")


def _kind(value: Any) -> str:
    return f"a {type(value).__name__}"
