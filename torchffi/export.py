"""Programs saved by ``torch.export.save``, run without the PyTorch Python package.

``torchffi.export.load("model.pt2")`` returns an :class:`ExportedProgram`, which is called as a function.
Each node of its graph is one call of an operator by name, so results are those of PyTorch, bit for bit.
No code of the file is run: a program can only call operators.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchffi._core.backends import NUMPY, default_backend, numpy_reason
from torchffi._core.tensor import Tensor
from torchffi._export import archive, operators, text
from torchffi._export.archive import DAMAGE, Stored
from torchffi._export.plan import Builder
from torchffi._export.signature import Signature
from torchffi._files.mapped import Path
from torchffi.errors import FileFormatError, NotSupportedError, TorchError, UnavailableError

__all__ = ["ExportedModule", "ExportedProgram", "load"]


class ExportedProgram:
    """A program of torch.export. It is callable; its tensors are over the mapped file."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        missing: list[str] = []
        on_numpy = default_backend() is NUMPY
        find = operators.find_on_numpy if on_numpy else operators.find
        try:
            self._signature = Signature(stored.program, stored.tensors)
            self._plan = Builder(find, missing).plan(stored.program["graph_module"]["graph"])
        except NotSupportedError as error:
            raise NotSupportedError(f"{stored.path}: {error}") from None
        except DAMAGE as error:
            raise self._damaged(error) from None
        if missing and on_numpy:
            raise UnavailableError(
                f"{stored.path}: the backend is NumPy, and these operators of the program need "
                f"LibTorch: {', '.join(missing)} ({numpy_reason()})"
            )
        if missing:
            raise NotSupportedError(
                f"{stored.path}: {len(missing)} operators of the program are not in this LibTorch: "
                f"{', '.join(missing)}; open their library with ops.load_library()"
            )

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """Runs the program, as :meth:`module` does."""
        return self._run(arguments, named, True)

    def _run(self, arguments: tuple[Any, ...], named: dict[str, Any], guards: bool) -> Any:
        signature = self._signature
        try:
            values = signature.bind(arguments, named, guards)
            outputs = self._plan.run(signature.inputs(values))
            return signature.results(outputs, values, _write)
        except TorchError:
            raise
        except DAMAGE as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> FileFormatError:
        reason = error if isinstance(error, TorchError) else repr(error)
        return FileFormatError(f"{self._stored.path}: the program is damaged ({reason})")

    def module(self, check_guards: bool = True) -> ExportedModule:
        """The program as a function of its inputs, as PyTorch's method of this name.

        Args:
            check_guards: Whether to check the conditions on sizes that the program was specialised for.
        """
        return ExportedModule(self, check_guards)

    @property
    def graph(self) -> str:
        """The nodes of the graph as text, one a line."""
        try:
            return text.graph(self._stored.program["graph_module"]["graph"])
        except DAMAGE as error:
            raise self._damaged(error) from None

    @property
    def range_constraints(self) -> dict[str, tuple[int | None, int | None]]:
        """The smallest and the largest value of each dynamic size; None is no limit."""
        return dict(self._signature.constraints.ranges)

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """The names and values of the parameters."""
        return ((name, self._stored.tensors[name]) for name in self._signature.parameters)

    def parameters(self) -> Iterator[Tensor]:
        """The parameters."""
        return (tensor for _, tensor in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """The names and values of the buffers."""
        return ((name, self._stored.tensors[name]) for name in self._signature.buffers)

    def buffers(self) -> Iterator[Tensor]:
        """The buffers."""
        return (tensor for _, tensor in self.named_buffers())

    @property
    def constants(self) -> dict[str, Tensor]:
        """The other tensors of the program, and buffers that are not part of the state."""
        state = self.state_dict()
        return {name: t for name, t in self._stored.tensors.items() if name not in state}

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters and the persistent buffers by name: the program's own, not copies."""
        persistent = (name for name, kept in self._signature.buffers.items() if kept)
        names = self._stored.parameters.union(persistent)
        return {name: t for name, t in self._stored.tensors.items() if name in names}

    def __repr__(self) -> str:
        inputs = ", ".join(self._signature.names)
        return f"<ExportedProgram {self._stored.path!r} ({inputs})>"


class ExportedModule:
    """An exported program as a function. It shares the program's tensors."""

    def __init__(self, program: ExportedProgram, check_guards: bool) -> None:
        self._program = program
        self._check_guards = check_guards

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """Runs the program.

        Args:
            arguments: As when it was exported: tensors, nested in tuples, lists and dicts as then.
            named: Keyword arguments.

        Returns:
            The results, nested as those of the exported module. Classes that only Python code has, such
            as dataclasses, are dicts.

        Raises:
            TypeError: An input has another dtype, or is not a tensor.
            ValueError: An input has a shape for which the program was not exported.
        """
        return self._program._run(arguments, named, self._check_guards)

    def state_dict(self) -> dict[str, Tensor]:
        """As that of the program."""
        return self._program.state_dict()


def _write(target: Tensor, value: Any) -> None:
    target[...] = value


def load(path: Path, *, model: str = "model") -> ExportedProgram:
    """Loads a program that ``torch.export.save`` has written, in PyTorch 2.8 or later.

    Args:
        path: The file, usually ``.pt2``. It is mapped, so it must not be changed while it is in use.
        model: The name of the program, where a file has several.

    Returns:
        The program. Its tensors are on the current backend.

    Raises:
        OSError: The file cannot be read.
        FileFormatError: It is damaged or of another kind.
        NotImplementedError: It is of another version, or needs an operator that LibTorch does not have.
        UnavailableError: LibTorch is not available.

    Source: torch.export.load.
    """
    return ExportedProgram(archive.read(path, model))
