"""TorchScript modules, which ``torch.jit.save`` wrote, on LibTorch.

::

    m = torchffi.jit.load("model.pt")
    y = m(x, scale=2.0)
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from torchffi import _devices
from torchffi._core.backends import need_libtorch
from torchffi._core.lifetimes import make
from torchffi._core.script_module import ScriptModule, without_function
from torchffi._files.kinds import TORCHSCRIPT, open_file
from torchffi._libtorch.calls import last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import DTypeError, FileFormatError, InvalidArgumentError

__all__ = ["ScriptModule", "freeze", "load", "optimize_for_inference"]


class _Readable(Protocol):
    def read(self) -> bytes: ...


def load(
    f: str | os.PathLike[str] | _Readable, device: str | None = None, *, trust: bool = False
) -> ScriptModule:
    """Loads a TorchScript module.

    The file is a program, and part of its code runs while it is loaded. Files whose code names an
    operator that reads or writes files, opens connections or returns addresses are refused, unless
    ``trust`` is True. That is not a sandbox: code may loop for ever, use all memory, or crash an
    operator. Load files of strangers in a process that may die.

    Args:
        f: The file, or an object with ``read()``.
        device: Where its tensors go; the CPU if None.
        trust: Whether the file may do whatever this process may.

    Returns:
        The module, in training or evaluation mode as it was saved.

    Raises:
        OSError: The file is missing or not readable.
        FileFormatError: It is damaged, of another kind, or refused; the message names it.
        UnavailableError: LibTorch or the device is not available.

    Source: torch.jit.load.
    """
    need_libtorch("jit.load")
    number = _devices.number(device)
    module: ScriptModule | None
    if isinstance(f, (str, os.PathLike)):
        path = os.fsdecode(f)
        with open(path, "rb"):  # raises the OSError that tells why it cannot be read
            pass
        module = make(
            ScriptModule, lib.rt_torch_module_load, os.fsencode(path), number, bool(trust)
        )
    elif not hasattr(f, "read"):
        raise DTypeError(
            f"jit.load: expected a path or an object with read(), got a {type(f).__name__}"
        )
    else:
        data = ffi.from_buffer(f.read())
        module = make(
            ScriptModule, lib.rt_torch_module_load_data, data, len(data), number, bool(trust)
        )
    if module is None:
        error = last_error()
        if type(error) is not InvalidArgumentError:
            raise error
        if isinstance(f, (str, os.PathLike)):
            file = open_file(f)  # raises what is wrong, unless the file is of a kind that is known
            if file.kind is not TORCHSCRIPT:
                raise file.other_kind("TorchScript")
        raise FileFormatError(without_function(error))
    return module


def freeze(
    mod: ScriptModule, preserved_attrs: Sequence[str] | None = None, optimize_numerics: bool = True
) -> ScriptModule:
    """A copy of a module with its attributes as constants, which LibTorch optimizes further.

    Args:
        mod: The module, in evaluation mode.
        preserved_attrs: Names of methods and attributes to keep, in addition to ``forward``.
        optimize_numerics: Whether to fold batch norm and the like into weights, which changes rounding.

    Raises:
        ValueError: It is in training mode, has no ``forward``, or has none of these names.

    Source: torch.jit.freeze.
    """
    mode = lib.RT_TORCH_FREEZE_AND_OPTIMIZE if optimize_numerics else lib.RT_TORCH_FREEZE
    return _frozen("freeze", mod, preserved_attrs, mode)


def optimize_for_inference(
    mod: ScriptModule, other_methods: Sequence[str] | None = None
) -> ScriptModule:
    """A frozen copy of a module, with memory layouts that suit this CPU. It cannot be saved.

    Args:
        mod: The module, in evaluation mode.
        other_methods: Names of methods to keep, in addition to ``forward``.

    Raises:
        ValueError: As for :func:`freeze`.

    Source: torch.jit.optimize_for_inference.
    """
    return _frozen("optimize_for_inference", mod, other_methods, lib.RT_TORCH_FREEZE_FOR_INFERENCE)


def _frozen(
    function: str, mod: ScriptModule, names: Sequence[str] | None, mode: int
) -> ScriptModule:
    if not isinstance(mod, ScriptModule):
        raise DTypeError(
            f"jit.{function}: got a {type(mod).__name__}, expected a ScriptModule, as jit.load() returns"
        )
    text = "\n".join(names or ()).encode()
    frozen = make(ScriptModule, lib.rt_torch_module_freeze, mod._data, text, mode)
    if frozen is None:
        error = last_error()
        if mod.training:
            raise InvalidArgumentError(
                f"jit.{function}: the module is in training mode; call its eval() first"
            )
        raise error
    return frozen
