"""Models that PyTorch's compiler, AOTInductor, has compiled to native code, on LibTorch.

::

    m = torchffi.inductor.aoti_load_package("model.pt2", trust=True)
    y = m(x)
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from torchffi._core.backends import need_libtorch
from torchffi._core.by_name.overloads import handle_of
from torchffi._core.by_name.results import LIBTORCH_CLASSES, dtype_error, make_any
from torchffi._core.lifetimes import Owner, make
from torchffi._core.script_module import without_function
from torchffi._core.tensor import Tensor
from torchffi._export import structure
from torchffi._export.structure import Node, Structure
from torchffi._libtorch.calls import check_status, last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import nested
from torchffi._libtorch.operators.frames import ResultFrame
from torchffi.errors import (
    DTypeError,
    FileFormatError,
    InvalidArgumentError,
    NotSupportedError,
    TorchError,
)

__all__ = ["AOTICompiledModel", "aoti_load_package"]

_INPUT: Final = re.compile(r"^input (\d+):")


def aoti_load_package(
    path: str | os.PathLike[str],
    *,
    trust: bool = False,
    model_name: str = "model",
    num_runners: int = 1,
    unchecked: bool = False,
) -> AOTICompiledModel:
    """Loads a model that ``torch._inductor.aoti_compile_and_package`` compiled for the CPU.

    The file is native code, which runs in this process and can do whatever it can, so ``trust`` must be
    True. It runs on machines like the one it was compiled on, with a LibTorch of about the same version;
    ``python -m torchffi inspect`` tells whether on this one.

    The code itself does not check its inputs: one of another shape makes it read beyond the tensor.
    torchffi checks them at each call: dtypes, numbers of axes, fixed lengths, lengths that must be equal
    or follow from others, and strides. What cannot be checked is refused, unless ``unchecked``:

    - lengths beyond those that the compiler assumed. It records no more than that, which may be narrower
      than what the model was exported for: a convolution for batches of 2 to 64 may have 15 as its
      largest batch. Beyond them the code may be right, or read beyond a table;
    - arguments that were constants when the model was exported, such as numbers and None;
    - packages without the compiler's source, and instruction sets that torchffi does not know.

    Args:
        path: The file, usually ``.pt2``.
        trust: Whether to run the code of the file.
        model_name: The name of the model, where a file has several.
        num_runners: How many calls may compute at the same time; further calls wait.
        unchecked: Whether to run what cannot be checked. All other checks are made.

    Returns:
        The model, as a function.

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is damaged, of another kind, or has no such model.
        ValueError: ``trust`` is not True.
        NotImplementedError: It has parts that are not supported, or cannot be checked.
        UnavailableError: It was compiled for another device, platform, machine or instruction set, or
            LibTorch is not available.

    Source: torch._inductor.aoti_load_package.
    """
    need_libtorch("inductor.aoti_load_package")
    name = os.fsdecode(path)
    with open(name, "rb"):  # raises the OSError that tells why it cannot be read
        pass
    if trust is not True:
        raise InvalidArgumentError(
            f"{name}: an AOTInductor package is native code, which can do whatever this process can; "
            "pass trust=True if you know where it comes from"
        )
    model = make(
        AOTICompiledModel,
        lib.rt_torch_package_load,
        os.fsencode(name),
        model_name.encode(),
        num_runners,
        True,
        bool(unchecked),
    )
    if model is None:
        error = last_error()
        message = without_function(error)
        if type(error) is InvalidArgumentError and message.startswith(f"{name}: "):
            raise FileFormatError(message)
        raise type(error)(message)
    model._unchecked = bool(unchecked)
    return model


class AOTICompiledModel(Owner):
    """A compiled model on LibTorch. :func:`aoti_load_package` creates it.

    Arguments and results are tensors, nested in tuples, lists and dicts as when the model was exported;
    NumPy tensors are passed without a copy. No gradients are recorded. Threads may share a model.
    """

    __slots__ = ("_call", "_described", "_unchecked")
    _unchecked: bool
    _described: Mapping[str, Any]
    _call: _Call

    def __init__(self) -> None:
        raise TypeError(
            "AOTICompiledModel cannot be instantiated; use torchffi.inductor.aoti_load_package()"
        )

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """Computes.

        Args:
            arguments: As when it was exported.
            named: Keyword arguments, those that were given by keyword then.

        Returns:
            The results, nested as those of the exported model. Named tuples are tuples, classes that
            only Python code has are dicts, and numbers are tensors.

        Raises:
            TypeError: An input has another dtype, or is not a tensor.
            ValueError: An input has another shape, the arguments are nested in another way, or a check
                in the code failed.
            NotImplementedError: An input cannot be checked.

        Source: torch._inductor.package.AOTICompiledModel.
        """
        try:
            call = self._call
        except AttributeError:
            call = self._call = _Call(self._spec(), self._unchecked)
        return call.run(self._data, arguments, named)

    def _spec(self) -> Mapping[str, Any]:
        try:
            return self._described
        except AttributeError:
            size = check_status(lib.rt_torch_package_spec(self._data, ffi.NULL, 0)) + 1
            text = ffi.new("char[]", size)
            check_status(lib.rt_torch_package_spec(self._data, text, size))
            self._described = json.loads(ffi.string(text))
            return self._described

    def get_metadata(self) -> dict[str, str]:
        """What the compiler says about the machine it compiled for, such as ``AOTI_CPU_ISA``."""
        return dict(self._spec()["metadata"])

    def get_constant_fqns(self) -> list[str]:
        """The names of the weights, buffers and other constants, in their order in the file."""
        return [str(one["name"]) for one in self._spec()["constants"]]

    def load_constants(
        self, constants_map: Mapping[str, Tensor], *, check_full_update: bool
    ) -> None:
        """Replaces constants by copies of tensors. It waits for calls that are under way.

        Args:
            constants_map: Tensors by the names of :meth:`get_constant_fqns`, which must have the same
                dtypes and shapes.
            check_full_update: Whether to fail, without a change, unless every constant is given.

        Raises:
            TypeError, ValueError: A name is unknown or missing, or a tensor does not fit.
        """
        keep: list[Any] = []
        handles = ffi.new("int64_t[]", len(constants_map))
        for at, (name, value) in enumerate(constants_map.items()):
            if not isinstance(value, Tensor):
                raise DTypeError(f"{name}: expected a Tensor, got a {type(value).__name__}")
            if not name or "\n" in name:
                raise InvalidArgumentError(f"there is no constant {name!r}")
            handles[at] = handle_of(value, keep)
        text = "\n".join(constants_map).encode()
        full = bool(check_full_update)
        status = lib.rt_torch_package_load_constants(self._data, text, handles, len(handles), full)
        if status < 0:
            error = last_error()
            raise type(error)(without_function(error))

    def __repr__(self) -> str:
        inputs = self._spec()["inputs"]
        if inputs is None:
            return "<AOTICompiledModel, without a description of its inputs>"
        shown = (f"{one['dtype']}[{', '.join(map(str, one['shape']))}]" for one in inputs)
        return f"<AOTICompiledModel ({', '.join(shown)})>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "an AOTICompiledModel cannot be copied or pickled; load the file again instead"
        )


class _Call:
    """Turns the arguments of one model into its inputs, and its outputs into results."""

    def __init__(self, spec: Mapping[str, Any], unchecked: bool) -> None:
        self._unchecked = unchecked
        inputs = _parse(spec["in_spec"])
        parts = inputs.parts if isinstance(inputs, Node) else []
        if len(parts) != 2 or not all(isinstance(part, Node) for part in parts):
            raise NotSupportedError("the nesting of the arguments is not known")
        self._positional, self._named = (part for part in parts if isinstance(part, Node))
        self._outputs = _parse(spec["out_spec"])
        described = spec["inputs"]
        self._constants = 0 if described is None else max(0, inputs.leaves - len(described))

    def run(self, handle: int, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        places = self._places(arguments, named)
        keep: list[Any] = []
        handles = ffi.new("int64_t[]", len(places))
        for at, (place, value) in enumerate(places):
            if type(value) in LIBTORCH_CLASSES:
                handles[at] = value._data
            elif isinstance(value, Tensor):
                handles[at] = handle_of(value, keep)
            else:
                raise DTypeError(f"{place}: expected a Tensor, got a {type(value).__name__}")
        frame = ResultFrame(0)
        if lib.rt_torch_package_call(handle, handles, len(places), frame.results) < 0:
            raise _failure(last_error(), places)
        try:
            outputs = nested.unpack(frame.results, 0, make_any)
        except KeyError as error:
            raise dtype_error(error) from None
        return self._outputs.unflatten(iter(outputs))

    def _places(
        self, arguments: tuple[Any, ...], named: Mapping[str, Any]
    ) -> list[tuple[str, Any]]:
        """The tensors among the arguments, in order, each with the name of its place."""
        positional, keys = self._positional, self._named.keys
        if len(arguments) != len(positional.parts) or named.keys() != set(keys):
            raise InvalidArgumentError(
                f"got {len(arguments)} positional arguments and the names {list(named)}; the model "
                f"takes {len(positional.parts)} positional arguments and the names {list(keys)}"
            )
        places = [*positional.flatten(arguments, "args"), *self._named.flatten(named, "kwargs")]
        if not self._constants:
            return places
        if not self._unchecked:
            raise NotSupportedError(
                f"{self._constants} arguments were constants when the model was exported, such as "
                "numbers or None, and the package does not tell their values, so they cannot be "
                "checked: load it with unchecked=True to run it without"
            )
        return [one for one in places if isinstance(one[1], Tensor)]


def _parse(text: str) -> Structure:
    try:
        return structure.parse(text, None)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, TorchError):
            raise
        raise NotSupportedError(f"the nesting of the arguments is not known ({error!r})") from None


def _failure(error: TorchError, places: list[tuple[str, Any]]) -> TorchError:
    """The exception of a call, with the place of the argument instead of the number of the input."""
    message = without_function(error)
    number = _INPUT.match(message)
    if number and int(number[1]) < len(places):
        message = places[int(number[1])][0] + message[number.end() - 1 :]
    return type(error)(message)
