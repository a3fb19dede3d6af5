"""Fourier transforms, of an array, lengths, axes and the norm's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

Transform = Callable[..., Any]

fft_fftn: Final[Transform] = np.fft.fftn
fft_ifftn: Final[Transform] = np.fft.ifftn
fft_rfftn: Final[Transform] = np.fft.rfftn
fft_irfftn: Final[Transform] = np.fft.irfftn
