"""Calls of every differentiable function of the namespace, with the same in PyTorch.

The operands: ``x`` and ``y`` of shape (2, 3), ``p`` positive, ``u`` inside (-1, 1), ``s`` a symmetric
positive definite matrix and ``q`` another one of shape (3, 3), ``v`` of shape (3,), ``z`` complex of
shape (2, 3), ``n`` of shape (4,), ``i`` indices, ``m`` a mask.
"""

from __future__ import annotations

# Calls that are the same in both.
SAME = """
    t.abs(x); t.acos(u); t.acosh(p + 1); t.asin(u); t.asinh(x); t.atan(x); t.atan2(x, y); t.atanh(u)
    t.cos(x); t.cosh(x); t.exp(x); t.expm1(x); t.hypot(x, y); t.log(p); t.log10(p); t.log1p(p)
    t.log2(p); t.logaddexp(x, y); t.reciprocal(p); t.rsqrt(p); t.sin(x); t.sinh(x); t.sqrt(p)
    t.square(x); t.tan(x); t.tanh(x); t.erf(x); t.floor(x); t.ceil(x); t.trunc(x); t.round(x); t.sign(x)
    t.maximum(x, y); t.minimum(x, y); t.copysign(x, y); t.abs(z); t.exp(z); t.conj(z); t.sin(z)
    t.clip(x, -0.5, 0.5); t.where(m, x, y); t.real(z); t.imag(z); t.square(z); t.sqrt(z)
    x + y; x - y; x * y; x / y; x + 2.0; 2.0 - x; x * 2.0; 2.0 / p; p ** y; p ** 2.0; x ** 2; 2.0 ** x
    x % 0.7; -x; abs(x); z * z; z / z; x @ q; x @ v; q @ s; v @ v
    x.sum(); x.mean(); x.prod(); x.max(); x.min(); (x * y).sum(); z.sum(); z.mean(); z.prod()
    x.T; x.mT; x.reshape(3, 2); x.reshape(-1); x[0]; x[1:, ::2]; x[m]; x[i]; x[..., None]; x[:, i]
    x.expand(2, 2, 3); x.clone(); x.contiguous(); x.permute(1, 0); x.transpose(0, 1); x.narrow(1, 1, 2)
    t.addmm(x, x, q); t.matmul(x, q); t.tril(q); t.triu(q)
    t.stack([x, y]); t.roll(x, 1); t.moveaxis(x, 0, 1); t.tile(x, (2, 2))
    t.linalg.det(s); t.linalg.inv(s); t.linalg.cholesky(s); t.linalg.solve(s, v)
    t.linalg.eigvalsh(s); t.linalg.slogdet(s)[1]; t.linalg.matrix_power(s, 3); t.linalg.pinv(s)
    t.linalg.svdvals(q); t.linalg.cross(v, v * v); t.linalg.matrix_norm(q)
    t.linalg.vecdot(x, y); t.linalg.qr(q)[0]; t.linalg.qr(q)[1]; t.linalg.eigh(s)[0]
    t.linalg.svd(q)[1]; t.linalg.eig(q)[0]; t.linalg.eigvals(q)
    t.fft.fft(z); t.fft.ifft(z); t.fft.rfft(x); t.fft.irfft(z); t.fft.fftn(z); t.fft.rfftn(x);
    t.fft.ifftn(z); t.fft.irfftn(z); t.fft.ifftshift(x)
    t.fft.fftshift(x); t.fft.hfft(z); t.fft.ihfft(x)
    t.nn.functional.relu(x); t.nn.functional.gelu(x); t.nn.functional.gelu(x, approximate='tanh')
    t.nn.functional.silu(x); t.nn.functional.layer_norm(x, (3,));
    t.nn.functional.layer_norm(x, (3,), v, v)
    t.nn.functional.linear(x, q); t.nn.functional.linear(x, q, v)
    t.nn.functional.scaled_dot_product_attention(q, s, q)
    t.nn.functional.scaled_dot_product_attention(q, s, q, is_causal=True)
    t.nn.functional.scaled_dot_product_attention(q, s, q, m3)
"""
# What differs in name or in the spelling of arguments: ours, PyTorch's.
OTHERS = """
    t.negative(x) | -x
    t.positive(x) | x.clone()
    t.add(x, y) | x + y
    t.subtract(x, y) | x - y
    t.multiply(x, y) | x * y
    t.divide(x, y) | x / y
    t.pow(p, y) | p ** y
    t.remainder(x, y) | t.remainder(x, y)
    t.sum(x, axis=0) | x.sum(0)
    t.sum(x, axis=(0, 1), keepdims=True) | x.sum((0, 1), keepdim=True)
    t.mean(x, axis=1) | x.mean(1)
    t.prod(x, axis=1) | x.prod(1)
    t.max(x, axis=1) | x.amax(1)
    t.min(x, axis=0, keepdims=True) | x.amin(0, keepdim=True)
    t.std(x) | x.std(correction=0)
    t.std(x, axis=1, correction=1) | x.std(1, correction=1)
    t.var(x) | x.var(correction=0)
    t.var(x, axis=0, correction=1) | x.var(0, correction=1)
    t.cumulative_sum(x, axis=1) | x.cumsum(1)
    t.cumulative_sum(n, include_initial=True) | t.cat([t.zeros(1, dtype=t.float64), n.cumsum(0)])
    t.cumulative_prod(x, axis=0) | x.cumprod(0)
    t.concat([x, y], axis=1) | t.cat([x, y], 1)
    t.concat([x, y], axis=None) | t.cat([x.reshape(-1), y.reshape(-1)])
    t.unstack(x)[1] | x.unbind()[1]
    t.repeat(x, 2, axis=1) | x.repeat_interleave(2, 1)
    t.expand_dims(x, axis=1) | x.unsqueeze(1)
    t.squeeze(x[None], 0) | x[None].squeeze(0)
    t.permute_dims(x, (1, 0)) | x.permute(1, 0)
    t.matrix_transpose(x) | x.mT
    t.broadcast_to(x, (2, 2, 3)) | x.expand(2, 2, 3)
    t.broadcast_arrays(x, v)[1] | t.broadcast_tensors(x, v)[1]
    t.meshgrid(v, n)[0] | t.meshgrid(v, n, indexing='xy')[0]
    t.flip(x, axis=1) | x.flip(1)
    t.flip(x) | x.flip(0, 1)
    t.reshape(x, (6,)) | x.reshape(6)
    t.take(x, i, axis=1) | x[:, i]
    t.take_along_axis(x, t.argsort(x, axis=1), axis=1) | t.take_along_dim(x, x.argsort(1), 1)
    t.select(x, 1, 2) | x.select(1, 2)
    t.narrow(x, 1, 0, 2) | x.narrow(1, 0, 2)
    t.sort(x, axis=1) | x.sort(1).values
    t.sort(x, axis=0, descending=True) | x.sort(0, descending=True).values
    t.diff(x, axis=1) | x.diff(dim=1)
    t.astype(x, t.float32) | x.to(t.float32)
    t.astype(x, t.complex128) | x.to(t.complex128)
    t.vecdot(x, y) | t.linalg.vecdot(x, y)
    t.clip(x, min=0.25) | x.clip(min=0.25)
    t.linalg.vector_norm(x) | t.linalg.vector_norm(x)
    t.linalg.vector_norm(x, axis=1, ord=3) | t.linalg.vector_norm(x, 3, 1)
    t.linalg.vector_norm(x, axis=1, ord=1) | t.linalg.vector_norm(x, 1, 1)
    t.linalg.matrix_norm(q, ord='nuc') | t.linalg.matrix_norm(q, 'nuc')
    t.linalg.matrix_norm(q, ord=1) | t.linalg.matrix_norm(q, 1)
    t.linalg.trace(q) | q.trace()
    t.linalg.diagonal(q, offset=1) | q.diagonal(1)
    t.linalg.outer(v, n) | t.outer(v, n)
    t.linalg.tensordot(x, q, axes=1) | t.tensordot(x, q, 1)
    t.nn.functional.softmax(x, axis=1) | x.softmax(1)
    t.nn.functional.log_softmax(x, axis=1) | x.log_softmax(1)
    t.nn.functional.sigmoid(x) | x.sigmoid()
    t.nn.functional.embedding(j, x) | t.nn.functional.embedding(j, x)
    x.astype(t.float32) | x.to(t.float32)
    x.sum(1, keepdims=True) | x.sum(1, keepdim=True)
    x.max(axis=0) | x.amax(0)
    x.std(1) | x.std(1, correction=0)
    x.view(-1) | x.view(-1)
"""

CALLS: list[tuple[str, str]] = [
    (one.strip(), one.strip())
    for line in SAME.splitlines()
    for one in line.split(";")
    if one.strip()
]
for _line in OTHERS.splitlines():
    if _line.strip():
        _ours, _theirs = _line.split(" | ")
        CALLS.append((_ours.strip(), _theirs.strip()))

# Functions without a gradient: of integers and bools, makers of tensors, what inspects, and
# floor_divide, of which LibTorch has none; and gumbel_softmax, which is random.
WITHOUT = """
    bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor
    all any argmax argmin argsort count_nonzero equal greater greater_equal isfinite isin isinf
    isnan less
    less_equal logical_and logical_not logical_or logical_xor nextafter nonzero not_equal searchsorted
    signbit unique_all unique_counts unique_inverse unique_values
    arange asarray empty empty_like eye from_dlpack from_numpy full full_like linspace manual_seed ones
    ones_like rand randn torch_ones torch_randn torch_zeros zeros zeros_like
    auto_detect_device broadcast_shapes can_cast diagnose fallback_counts finfo get_backend
    get_num_threads iinfo isdtype memory_stats result_type set_num_threads tensor_free torch_available
    torch_cuda_available torch_version use_backend
    enable_grad is_grad_enabled no_grad set_grad_enabled
    __array_namespace_info__ matrix_rank fftfreq rfftfreq
    floor_divide
    load load_safetensors safe_open save save_safetensors
    one_hot gumbel_softmax
""".split()  # noqa: SIM905
