"""The state of a module: its parameters and buffers by name, as a dict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from torchffi._array.conversion import asarray
from torchffi._array.data_types import astype
from torchffi._autograd.modes import no_grad
from torchffi._core import parameters
from torchffi._core.parameters import is_parameter
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError, TorchError


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict()`` returns: the names that do not fit."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing={self.missing_keys}, unexpected={self.unexpected_keys})"


class State:
    """Saving and loading the state of a module. A base class of Module."""

    _version: int = 1
    _parameters: dict[str, Tensor | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]

    def _state(self) -> dict[str, Tensor]:
        """The parameters and persistent buffers of the module itself."""
        own = self._non_persistent_buffers_set
        members = [*self._parameters.items(), *self._buffers.items()]
        return {name: x for name, x in members if x is not None and name not in own}

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers by name, over the same memory.

        Args:
            destination: A dict to add them to; a new one if None.
            prefix: Put before each name.
            keep_vars: Whether to return the parameters themselves, and not tensors without gradients.

        Source: torch.nn.Module.state_dict.
        """
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()  # PyTorch reads the versions of layers from it
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = {"version": self._version}
        for name, tensor in self._state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        return destination  # type: ignore[no-any-return]

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copies values into the parameters and buffers.

        Args:
            state_dict: Tensors by name; also arrays, and tensors of PyTorch.
            strict: Whether the names must be those of ``state_dict()``.
            assign: Whether to use the tensors themselves instead of copying their values.

        Returns:
            The names without a value, and those that nothing has.

        Raises:
            TypeError: If it is not a dict, or a value is not a tensor.
            ValueError: If a shape differs, or with ``strict`` a name. All of them are listed; nothing
                was copied.

        Source: torch.nn.Module.load_state_dict.
        """
        if not isinstance(state_dict, Mapping):
            raise ArgumentError(
                f"load_state_dict: expected a dict, got a {type(state_dict).__name__}"
            )
        found: dict[str, tuple[Any, str, Tensor]] = {}
        _collect(self, "", found)
        missing = [name for name in found if name not in state_dict]
        unexpected = [str(name) for name in state_dict if name not in found]
        wrong: list[str] = []
        values = {}
        for name, (_, _, tensor) in found.items():
            if name in state_dict:
                values[name] = _given(name, state_dict[name])
                if values[name].shape != tensor.shape:
                    wrong.append(f"{name} has shape {values[name].shape}, expected {tensor.shape}")
        if strict and unexpected:
            wrong.insert(0, f"unexpected names: {', '.join(unexpected)}")
        if strict and missing:
            wrong.insert(0, f"missing names: {', '.join(missing)}")
        if wrong:
            lines = "\n  ".join([f"load_state_dict: does not fit {type(self).__name__}:", *wrong])
            raise InvalidArgumentError(lines)
        with no_grad():
            for name, value in values.items():
                module, own, tensor = found[name]
                if assign:
                    _assign(module, own, tensor, value)
                else:
                    tensor[...] = astype(value, tensor.dtype, copy=False)
        return IncompatibleKeys(missing, unexpected)


def _collect(module: Any, prefix: str, found: dict[str, tuple[Any, str, Tensor]]) -> None:
    """All names of the state, each with the module that has it, its name there and the tensor."""
    for name, tensor in module._state().items():
        found[prefix + name] = module, name, tensor
    for name, inner in module._modules.items():
        if inner is not None:
            _collect(inner, f"{prefix}{name}.", found)


def _given(name: str, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach()
    if hasattr(value, "detach"):  # PyTorch's refuse to be exported while they require gradients
        value = value.detach()
    try:
        return asarray(value)
    except (TorchError, TypeError, ValueError, BufferError):
        raise ArgumentError(
            f"load_state_dict: {name} is a {type(value).__name__}, expected a Tensor"
        ) from None


def _assign(module: Any, name: str, tensor: Tensor, value: Tensor) -> None:
    """Puts a value in the place of a parameter or buffer."""
    if is_parameter(tensor):
        if tensor.requires_grad:
            value.requires_grad_()
        module._parameters[name] = parameters.register(value)
    else:
        module._buffers[name] = value
