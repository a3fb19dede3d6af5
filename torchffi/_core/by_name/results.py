"""Results whose dtype only LibTorch knows."""

from __future__ import annotations

import functools

from torchffi._core.backends import FFI
from torchffi._core.lifetimes import make
from torchffi._stdlib.typing import Final
from torchffi.errors import DTypeError

LIBTORCH_CLASSES: Final = frozenset(FFI.classes.values())

make_any: Final = functools.partial(make, None)  # the tensor class follows the handle's dtype

# Names of c10::ScalarType codes that a result may have, but that torchffi does not support.
_UNSUPPORTED_DTYPES: Final = {
    8: "complex32", 12: "qint8", 13: "quint8", 14: "qint32", 16: "quint4x2", 17: "quint2x4",
    23: "float8_e5m2", 24: "float8_e4m3fn", 25: "float8_e5m2fnuz", 26: "float8_e4m3fnuz",
    44: "float8_e8m0fnu", 45: "float4_e2m1fn_x2",
}  # fmt: skip


def dtype_error(error: KeyError) -> DTypeError:
    """The error for a result of an unsupported dtype; the KeyError holds the dtype's code."""
    dtype = _UNSUPPORTED_DTYPES.get(error.args[0], f"number {error.args[0]}")
    return DTypeError(f"the result has dtype {dtype}, which torchffi does not support")
