"""PyTorch's methods of Tensor that are operators of ATen with the same arguments and write to it.

The annotations are the table: ``torchffi/_aten/methods/at_first_use.py`` makes the methods, each at its
first use, and type checkers read them here.
"""

from __future__ import annotations

from collections.abc import Callable

from torchffi._stdlib.typing import Any

Method = Callable[..., Any]


class InPlaceMethods:
    """Operators in place: all of them return the tensor."""

    __slots__ = ()
    absolute_: Method
    acos_: Method
    acosh_: Method
    addbmm_: Method
    addcdiv_: Method
    addcmul_: Method
    addmm_: Method
    addmv_: Method
    addr_: Method
    arccos_: Method
    arccosh_: Method
    arcsin_: Method
    arcsinh_: Method
    arctan2_: Method
    arctan_: Method
    arctanh_: Method
    as_strided_: Method
    asin_: Method
    asinh_: Method
    atan2_: Method
    atan_: Method
    atanh_: Method
    baddbmm_: Method
    bernoulli_: Method
    bitwise_and_: Method
    bitwise_left_shift_: Method
    bitwise_not_: Method
    bitwise_or_: Method
    bitwise_right_shift_: Method
    bitwise_xor_: Method
    cauchy_: Method
    ceil_: Method
    clamp_max_: Method
    clamp_min_: Method
    clip_: Method
    conj_physical_: Method
    copysign_: Method
    cos_: Method
    cosh_: Method
    cumprod_: Method
    cumsum_: Method
    deg2rad_: Method
    detach_: Method
    digamma_: Method
    divide_: Method
    eq_: Method
    erf_: Method
    erfc_: Method
    erfinv_: Method
    exp2_: Method
    expm1_: Method
    exponential_: Method
    fill_diagonal_: Method
    fix_: Method
    float_power_: Method
    floor_: Method
    floor_divide_: Method
    fmod_: Method
    frac_: Method
    gcd_: Method
    ge_: Method
    geometric_: Method
    greater_: Method
    greater_equal_: Method
    gt_: Method
    heaviside_: Method
    hypot_: Method
    i0_: Method
    igamma_: Method
    igammac_: Method
    index_put_: Method
    index_reduce_: Method
    lcm_: Method
    ldexp_: Method
    le_: Method
    lerp_: Method
    less_: Method
    less_equal_: Method
    lgamma_: Method
    log10_: Method
    log1p_: Method
    log2_: Method
    log_normal_: Method
    logical_and_: Method
    logical_not_: Method
    logical_or_: Method
    logical_xor_: Method
    logit_: Method
    lt_: Method
    masked_scatter_: Method
    multiply_: Method
    mvlgamma_: Method
    nan_to_num_: Method
    ne_: Method
    negative_: Method
    nextafter_: Method
    not_equal_: Method
    polygamma_: Method
    pow_: Method
    put_: Method
    rad2deg_: Method
    random_: Method
    reciprocal_: Method
    remainder_: Method
    renorm_: Method
    round_: Method
    rsqrt_: Method
    scatter_reduce_: Method
    sgn_: Method
    sign_: Method
    sin_: Method
    sinc_: Method
    sinh_: Method
    square_: Method
    squeeze_: Method
    subtract_: Method
    swapaxes_: Method
    swapdims_: Method
    t_: Method
    tan_: Method
    transpose_: Method
    tril_: Method
    triu_: Method
    true_divide_: Method
    trunc_: Method
    unsqueeze_: Method
    xlogy_: Method
