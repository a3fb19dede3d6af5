"""Inspection of the namespace, for libraries that work with any array of the standard.

Source: Array API standard, "Inspection".
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Final

from torchffi import _devices, dtypes
from torchffi._array import data_types
from torchffi._core.arguments import MAX_NDIM
from torchffi._libtorch.loader import lib, load
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError

VERSIONS: Final = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")


def namespace(api_version: str | None) -> ModuleType:
    """The module torchffi, for a version of the standard.

    Raises:
        ValueError: For a version that is not one of VERSIONS.
    """
    if api_version is not None and api_version not in VERSIONS:
        raise InvalidArgumentError(
            f"__array_namespace__: version {api_version!r} of the Array API standard is not supported; "
            f"expected one of {', '.join(VERSIONS)}"
        )
    return sys.modules["torchffi"]


class ArrayNamespaceInfo:
    """The result of :func:`__array_namespace_info__`."""

    def capabilities(self) -> dict[str, Any]:
        """The optional features of the standard, which torchffi supports."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": MAX_NDIM,
        }

    def default_device(self) -> str:
        """The device of new tensors."""
        return _devices.name(-1)

    def default_dtypes(self, *, device: str | None = None) -> dict[str, DType]:
        """The default dtypes; they do not depend on the device."""
        _devices.number(device)
        return {
            "real floating": dtypes.default_float,
            "complex floating": dtypes.default_complex,
            "integral": dtypes.default_int,
            "indexing": dtypes.int64,
        }

    def devices(self) -> tuple[str, ...]:
        """The available devices."""
        count = lib.rt_torch_cuda_device_count() if load().available else 0
        return tuple(_devices.name(number) for number in range(-1, count))

    def dtypes(
        self, *, device: str | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, DType]:
        """The dtypes of the standard by name, of all kinds or of a kind as for :func:`isdtype`."""
        _devices.number(device)
        return {
            dtype.name: dtype
            for dtype in dtypes.STANDARD
            if kind is None or data_types.isdtype(dtype, kind)
        }


def __array_namespace_info__() -> ArrayNamespaceInfo:  # noqa: N807
    """Capabilities, devices and dtypes of the namespace."""
    return ArrayNamespaceInfo()
