"""The names of all primitives. Each backend implements all of them; a test checks it."""

from __future__ import annotations

from typing import Final

_ELEMENTWISE: Final = """
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_not bitwise_or
    bitwise_right_shift bitwise_xor ceil clamp complex conj copysign cos cosh div eq erf exp expm1 floor
    floor_divide ge gt hypot imag isfinite isinf isnan le log log10 log1p log2 logaddexp logical_and
    logical_not logical_or logical_xor lt maximum minimum mul ne neg nextafter pow real reciprocal
    remainder round rsqrt sgn sign signbit sin sinh sqrt square sub tan tanh trunc where
"""
_CREATION: Final = """
    arange arange_real empty empty_like eye from_bytes full full_like full_real linspace
    ones rand randn zeros
"""
_SHAPES: Final = """
    alias astype basic_index broadcast_tensors cat clone contiguous diagonal expand flip index
    matrix_transpose meshgrid moveaxis narrow permute repeat repeat_interleave reshape roll select slice
    squeeze stack t take take_along_axis tile to_device to_dtype transpose tril triu unbind unsqueeze
    view view_dtype
"""
_REDUCTIONS: Final = """
    all amax amin any argmax argmin argsort count_nonzero cumprod cumsum diff isin mean nonzero
    nonzero_numpy prod searchsorted sort std sum unique_counts unique_inverse unique_values var
    vector_norm
"""
_MATRICES: Final = """
    addmm cholesky cross det dot eig eigh eigvals eigvalsh inv matmul matrix_norm matrix_power
    matrix_rank mm mv outer pinv qr slogdet solve svd svdvals tensordot trace vecdot
"""
_TRANSFORMS: Final = """
    fft_fft fft_fftfreq fft_fftn fft_fftshift fft_hfft fft_ifft fft_ifftn fft_ifftshift fft_ihfft
    fft_irfft fft_irfftn fft_rfft fft_rfftfreq fft_rfftn
"""
_LAYERS: Final = """
    embedding gelu layer_norm linear log_softmax relu scaled_dot_product_attention sigmoid silu softmax
"""
_IN_PLACE: Final = """
    add_ basic_index_put_ bitwise_and_ bitwise_left_shift_ bitwise_or_ bitwise_right_shift_ bitwise_xor_
    copy_ div_ floor_divide_ index_put_ mul_ pow_ remainder_ sub_
"""
_QUERIES: Final = "device is_cuda item layout_name seed shape strides to_bytes"

PRIMITIVES: Final = frozenset(
    " ".join(
        (
            _ELEMENTWISE,
            _CREATION,
            _SHAPES,
            _REDUCTIONS,
            _MATRICES,
            _TRANSFORMS,
            _LAYERS,
            _IN_PLACE,
            _QUERIES,
        )
    ).split()
)
