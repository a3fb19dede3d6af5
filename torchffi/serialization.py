"""Model files: safetensors, and what ``torch.save`` writes. Nothing in a file is run.

Tensors lie over the file, which is mapped copy-on-write: only the pages that a computation touches are
read, and writes do not reach the file. A file must not be truncated while it is in use; to replace one,
write a new file and rename it, as the functions here do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torchffi._core.tensor import Tensor
from torchffi._files.mapped import Path

# Each function imports its format, because a start should not pay for the others.
if TYPE_CHECKING:
    from torchffi._files.safetensors.reader import SafeOpen

__all__ = ["file_kind", "load", "load_safetensors", "safe_open", "save", "save_safetensors"]


def file_kind(path: Path) -> str:
    """The kind of a model file, by its contents.

    Returns:
        One of safetensors, safetensors index, torch.save, torch.export, TorchScript, AOTInductor and
        torch.package.

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is damaged, or of none of these kinds.

    Source: the formats; PyTorch has no such function.
    """
    from torchffi._files.kinds import open_file

    return open_file(path).kind.name.partition(",")[0]


def load(path: Path, *, device: str | None = None) -> Any:
    """Loads a file of ``torch.save``: a state dict, an optimizer's state, tensors in containers.

    Reads the zip format and the one before PyTorch 1.6. Tensors that shared memory share it again.
    ``requires_grad`` and the attributes of tensors are dropped; a ``torch.Size`` becomes a tuple, a
    ``torch.device`` a str. Nothing is run: a file may name only what ``torch.load(weights_only=True)``
    admits.

    Args:
        path: The file.
        device: ``"cpu"``, ``"cuda:0"``, ...; None for ``"cpu"``, wherever the tensors were saved from.

    Returns:
        The object that was saved, with tensors on the current backend.

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is damaged or of another kind, or it holds more than data, such as a whole
            model. A ValueError.
        NotImplementedError: A dtype that the backend does not have; a sparse, quantized or meta tensor.
        UnavailableError: The CUDA device is not available.

    Source: torch.load.
    """
    from torchffi._files.checkpoints.load import load

    return load(path, device)


def save(obj: object, path: Path) -> None:
    """Writes a file that ``torch.load(weights_only=True)`` reads, in the zip format of PyTorch 1.6.

    Tensors that share memory share it in the file, where each part of memory is stored once. The file is
    written under another name and renamed, so it is never there in part.

    Args:
        obj: Tensors, dtypes, numbers, texts, bytes, None, and dicts, lists, tuples and sets of them.
        path: The file.

    Raises:
        OSError: The file cannot be written.
        TypeError: Something else in ``obj``; the message names its place.
        ValueError: A container that contains itself, or tensors of two dtypes that share memory.

    Source: torch.save.
    """
    from torchffi._files.checkpoints.save import save

    save(obj, path)


def load_safetensors(path: Path, *, device: str | None = None) -> dict[str, Tensor]:
    """The tensors of a safetensors file, by name, in the order of the file.

    Args:
        path: A ``.safetensors`` file; or an index of several, ``*.safetensors.index.json``, or a folder
            with one index or one file. The files of an index must be in its folder.
        device: ``"cpu"``, ``"cuda:0"``, ...; None for ``"cpu"``.

    Raises:
        OSError: The file is missing or not readable.
        FileFormatError: It is damaged or of another kind. A ValueError.
        NotImplementedError: A dtype that the backend does not have; :func:`safe_open` reads the others.
        UnavailableError: The CUDA device is not available.

    Source: safetensors.torch.load_file.
    """
    with safe_open(path, device=device) as file:
        return {name: file.get_tensor(name) for name in file.offset_keys()}


def save_safetensors(
    tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Writes tensors of any backend, device and strides to a safetensors file, in C order.

    The file is written under another name and renamed, so it is never there in part.

    Args:
        tensors: Name -> tensor.
        path: The file.
        metadata: Texts to store with the tensors.

    Raises:
        OSError: The file cannot be written.
        TypeError: A value that is not a tensor, or a name or text that is not a str.
        NotImplementedError: complex128, which the format does not have.

    Source: safetensors.torch.save_file.
    """
    from torchffi._files.safetensors.writer import save

    save(tensors, path, metadata)


def safe_open(path: Path, *, device: str | None = None) -> SafeOpen:
    """Opens a safetensors file without reading its tensors, for a ``with`` block.

    Args:
        path: As for :func:`load_safetensors`.
        device: Where the tensors go.

    Returns:
        An object with ``keys()``, ``offset_keys()``, ``metadata()``, ``get_tensor(name)`` and
        ``get_slice(name)``; a slice has ``get_shape()``, ``get_dtype()`` and ``slice[...]``.

    Raises:
        OSError: The file is missing or not readable.
        FileFormatError: It is damaged or of another kind. A ValueError.

    Source: safetensors.safe_open.
    """
    from torchffi._files.safetensors.reader import SafeOpen

    return SafeOpen(path, device)
