"""Calls of every function of nn.functional, the same in torchffi and in PyTorch.

``f`` is the module. The operands: ``x`` and ``y`` of shape (2, 3), ``p`` of probabilities of that shape,
``a`` (2, 4, 7), ``b`` (2, 4, 6, 5), ``c`` (1, 2, 4, 5, 3), ``w1`` to ``w3`` and ``t1`` to ``t3`` weights
of convolutions, ``k`` and ``h`` (4,), ``s`` scores (5, 4) of the classes ``n``, ``q`` queries, ``e`` a
table of shape (5, 3) and ``i`` its indices. Without a gradient: ``g`` of 1 and -1, positive ``v`` (4,),
and ``u`` as ``p``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CALLS = """
    f.relu(x); f.relu(input=x, inplace=False); f.silu(x); f.sigmoid(x); f.tanh(x); f.gelu(x)
    f.gelu(x, approximate='tanh'); f.softmax(x, dim=1); f.softmax(x, 0); f.softmax(a, dim=-2)
    f.log_softmax(x, dim=1); f.log_softmax(input=a, dim=1); f.softmin(x, dim=1); f.relu6(x * 9)
    f.leaky_relu(x); f.leaky_relu(x, 0.2); f.elu(x); f.elu(x, alpha=0.5); f.selu(x); f.celu(x)
    f.celu(x, 2.0); f.prelu(x, v[:1]); f.prelu(b, k); f.hardtanh(x); f.hardtanh(x, -0.3, 0.4)
    f.hardswish(x * 3); f.hardsigmoid(x * 3); f.softplus(x); f.softplus(x, beta=2, threshold=1)
    f.softsign(x); f.mish(x); f.glu(a, 1); f.glu(k); f.logsigmoid(x); f.tanhshrink(x); f.softshrink(x)
    f.softshrink(x, 0.1); f.hardshrink(x); f.hardshrink(x, lambd=0.1); f.threshold(x, 0.1, 20.0)
    f.normalize(x); f.normalize(a, p=1.0, dim=2); f.normalize(b, dim=(2, 3)); f.normalize(x, 3, 0, 1e-3)
    f.dropout(x, 0.5, False); f.dropout(x, p=1.0); f.dropout1d(a, training=False)
    f.dropout1d(a[0], 0.2, training=False); f.dropout2d(b, training=False)
    f.dropout3d(c, training=False); f.alpha_dropout(x); f.feature_alpha_dropout(b); f.conv1d(a, w1)
    f.conv1d(a[0], w1, h, 2, 1); f.conv1d(a, w1, padding='same', dilation=2)
    f.conv1d(a, w1[:, :2], k, groups=2, padding=(1,)); f.conv1d(a, w1, stride=[2], padding='valid')
    f.conv2d(b, w2); f.conv2d(b[0], w2, k, stride=(2, 1), padding=(0, 2))
    f.conv2d(b, w2, padding='same'); f.conv2d(b, w2[:, :1], k, padding=1, groups=4)
    f.conv2d(input=b, weight=w2, bias=k, dilation=2); f.conv3d(c, w3)
    f.conv3d(c, w3, v[:2], 1, (1, 0, 2)); f.conv3d(c[0], w3, padding='same'); f.conv_transpose1d(a, t1)
    f.conv_transpose1d(a[0], t1, v[:3], stride=2, padding=1, output_padding=1)
    f.conv_transpose2d(b, t2, v[:3], 2, (1, 0), 1, dilation=2)
    f.conv_transpose2d(b, t2[:, :1], groups=2); f.conv_transpose3d(c, t3)
    f.conv_transpose3d(c, t3, stride=(2, 1, 2), output_padding=(1, 0, 1)); f.unfold(b, 2)
    f.unfold(b[0], (3, 2), 2, 1, 1); f.fold(f.unfold(b, 2, padding=1), (6, 5), 2, padding=1)
    f.pad(b, (1, 2)); f.pad(b, [1, 0, 2, 3], value=1.5); f.pad(b, (-1, 1)); f.pad(x, pad=(1, 1, 0, 2))
    f.pad(b, (1, 2, 2, 1), mode='reflect'); f.pad(a, (2, 1), 'replicate')
    f.pad(b, (1, 2, 2, 1), 'circular'); f.pad(c, (1, 1, 1, 1, 1, 1), mode='replicate')
    f.pixel_shuffle(b, 2); f.pixel_unshuffle(b[:, :, :, :4], 2); f.max_pool1d(a, 2)
    f.max_pool1d(a, 3, 1, padding=1); f.max_pool1d(a[0], 2, ceil_mode=True)
    f.max_pool1d(a, 2, return_indices=True)[0]; f.max_pool2d(b, 2); f.max_pool2d(b, (3, 2), 2, (1, 0))
    f.max_pool2d(b, 2, dilation=2, stride=1); f.max_pool2d(b, 2, ceil_mode=True, return_indices=True)[0]
    f.max_pool3d(c, 2); f.max_pool3d(c, 2, 1, return_indices=True)[0]; f.avg_pool1d(a, 2)
    f.avg_pool1d(a, 3, 2, 1, True, False); f.avg_pool2d(b, 2)
    f.avg_pool2d(b, (3, 2), stride=1, padding=1)
    f.avg_pool2d(b, 3, 2, 1, ceil_mode=True, divisor_override=2)
    f.avg_pool2d(b[0], 3, 2, 1, count_include_pad=False); f.avg_pool3d(c, 2); f.avg_pool3d(c, 2, 1)
    f.adaptive_avg_pool1d(a, 3); f.adaptive_avg_pool2d(b, 1); f.adaptive_avg_pool2d(b, (None, 2))
    f.adaptive_avg_pool2d(b[0], (4, 3)); f.adaptive_avg_pool3d(c, (2, None, 1))
    f.adaptive_max_pool1d(a, 3); f.adaptive_max_pool2d(b, (4, 3))
    f.adaptive_max_pool2d(b, 2, return_indices=True)[0]; f.adaptive_max_pool2d(b, (None, 1))
    f.adaptive_max_pool3d(c, 2); f.batch_norm(b, v, v); f.batch_norm(b, v, v, k, h, False, 0.1, 1e-3)
    f.batch_norm(a, None, None, training=True)
    f.batch_norm(s, None, None, weight=k, bias=h, training=True); f.layer_norm(b, (5,))
    f.layer_norm(s, (4,), k, h); f.layer_norm(b, [6, 5], eps=1e-3); f.group_norm(b, 2)
    f.group_norm(b, 4, k, h, 1e-3); f.group_norm(s, 2); f.rms_norm(s, (4,)); f.rms_norm(s, [4], k, 1e-3)
    f.rms_norm(b, (6, 5)); f.instance_norm(b); f.instance_norm(a, weight=k, bias=h, eps=1e-3)
    f.instance_norm(b, v, v, use_input_stats=False); f.local_response_norm(b, 3)
    f.local_response_norm(a, 2, 0.1, 0.5, 2.0); f.local_response_norm(c, 2); f.embedding(i, e)
    f.embedding(input=i, weight=e, padding_idx=1); f.embedding(i, e, -1)
    f.embedding(i, e, scale_grad_by_freq=True); f.embedding_bag(i, e); f.embedding_bag(i, e, mode='sum')
    f.embedding_bag(i.reshape(-1), e, o, mode='mean'); f.embedding_bag(i, e, mode='max')
    f.embedding_bag(i, e, mode='sum', per_sample_weights=x); f.embedding_bag(i, e, padding_idx=2)
    f.embedding_bag(i.reshape(-1), e, o, include_last_offset=True, mode='sum'); f.linear(x, y)
    f.linear(x, y, v[:2]); f.bilinear(x, x[:, :2], t2[..., 0]); f.bilinear(x, x[:, :2], t2[..., 1], k)
    f.cosine_similarity(x, y); f.cosine_similarity(x, y[0], dim=0, eps=1e-3); f.pairwise_distance(x, y)
    f.pairwise_distance(x, y, 1.0, 1e-3, True); f.pairwise_distance(x, y[0], p=3)
    f.scaled_dot_product_attention(q, q, q * 2); f.scaled_dot_product_attention(q, q, q, is_causal=True)
    f.scaled_dot_product_attention(q, q[:, :2], q[:, 2:], scale=0.3, enable_gqa=True)
    f.scaled_dot_product_attention(q, q, q, q[..., :3] * 9); f.scaled_dot_product_attention(q, q, q, m)
    f.cross_entropy(s, n); f.cross_entropy(s, n, v)
    f.cross_entropy(s, n, reduction='sum', ignore_index=2)
    f.cross_entropy(s, n, v, reduction='none', label_smoothing=0.1); f.cross_entropy(s[0], n[1])
    f.cross_entropy(s, f.softmax(s * 2, 1)); f.cross_entropy(s, f.softmax(s, 1), v, label_smoothing=0.2)
    f.cross_entropy(a, i4, v, ignore_index=1, label_smoothing=0.3)
    f.cross_entropy(a, i4, reduction='none'); f.nll_loss(s, n); f.nll_loss(s, n, v, ignore_index=0)
    f.nll_loss(a, i4, reduction='sum'); f.nll_loss(s, n, reduction='none'); f.nll_loss(s[0], n[2])
    f.mse_loss(x, y); f.mse_loss(x, y, reduction='sum'); f.mse_loss(x, y, reduction='none')
    f.mse_loss(x, y, weight=p); f.mse_loss(x, y, size_average=False); f.mse_loss(x, y, reduce=False)
    f.l1_loss(x, y); f.l1_loss(x, y, reduction='none'); f.l1_loss(x, y, reduction='sum', weight=p)
    f.smooth_l1_loss(x, y); f.smooth_l1_loss(x, y, beta=0.3)
    f.smooth_l1_loss(x, y, beta=0.0, reduction='sum'); f.huber_loss(x, y)
    f.huber_loss(x, y, 'none', 0.3); f.huber_loss(x, y, weight=p, delta=0.5)
    f.binary_cross_entropy(p, p * p)
    f.binary_cross_entropy(p, f.sigmoid(y), u, reduction='none')
    f.binary_cross_entropy(p, p, u[0]); f.binary_cross_entropy_with_logits(x, p)
    f.binary_cross_entropy_with_logits(x, p, u, reduction='sum')
    f.binary_cross_entropy_with_logits(x, p, pos_weight=v[:3], reduction='none'); f.kl_div(x, p)
    f.kl_div(x, p, reduction='batchmean'); f.kl_div(x, y, log_target=True, reduction='none')
    f.gaussian_nll_loss(x, y, p); f.gaussian_nll_loss(x, y, p[:, :1], full=True, reduction='none')
    f.gaussian_nll_loss(x, y, p[:, 0], eps=0.3, reduction='sum'); f.gaussian_nll_loss(x, y, 0.5)
    f.poisson_nll_loss(x, p * 4); f.poisson_nll_loss(p, p * 4, False, True)
    f.poisson_nll_loss(x, p, reduction='none'); f.cosine_embedding_loss(x, y, g[:, 0])
    f.cosine_embedding_loss(x, y, g[:, 1], 0.2, reduction='none'); f.margin_ranking_loss(x, y, g)
    f.margin_ranking_loss(x, y, g, margin=0.5, reduction='sum'); f.triplet_margin_loss(x, y, p)
    f.triplet_margin_loss(x, y, p, 2.0, 1, swap=True, reduction='none'); f.hinge_embedding_loss(x, g)
    f.hinge_embedding_loss(x, g, 0.3, reduction='none'); f.soft_margin_loss(x, g)
    f.soft_margin_loss(x, g, reduction='sum')
    f.interpolate(b, 9); f.interpolate(b, scale_factor=2); f.interpolate(b, scale_factor=(1.5, 0.7))
    f.interpolate(b, (3, 8), mode='bilinear')
    f.interpolate(b, scale_factor=1.7, mode='bilinear', align_corners=True)
    f.interpolate(b, scale_factor=1.7, mode='bicubic', recompute_scale_factor=True)
    f.interpolate(a, 5, mode='linear'); f.interpolate(a, 12, mode='nearest')
    f.interpolate(a, 4, mode='area'); f.interpolate(b, 4, mode='nearest-exact')
    f.interpolate(b, scale_factor=0.5, mode='area'); f.interpolate(c, 6, mode='trilinear')
    f.interpolate(c, (2, 3, 4)); f.interpolate(c, 2, mode='area')
"""
# LibTorch alone has these.
OF_LIBTORCH = """
    f.interpolate(b, 3, mode='bilinear', antialias=True)
    f.interpolate(b, (3, 2), mode='bicubic', antialias=True)
    f.ctc_loss(f.log_softmax(l, 2), r, [6, 5], [2, 3])
    f.ctc_loss(f.log_softmax(l, 2), r, z, d, 0, 'none')
    f.ctc_loss(f.log_softmax(l, 2), r, z, d, reduction='sum', zero_infinity=True)
"""
# Calls without a gradient.
WHOLE = """
    f.one_hot(n); f.one_hot(i, num_classes=7); f.relu6(n); f.hardtanh(n, 0, 2); f.threshold(n, 1, -5)
    f.max_pool1d(a, 2, return_indices=True)[1]
    f.max_pool2d(b, 3, 2, 1, ceil_mode=True, return_indices=True)[1]
    f.adaptive_max_pool2d(b, 2, True)[1]; f.adaptive_max_pool1d(a, 3, return_indices=True)[1]
    f.pad(n, (1, 2))
"""

# Operands that PyTorch refuses a gradient of.
CONSTANT = ("g", "v", "u")


def split(text: str) -> list[str]:
    return [one.strip() for line in text.splitlines() for one in line.split(";") if one.strip()]


def operands(dtype: str = "float64") -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(3)

    def normal(*shape: int) -> np.ndarray[Any, Any]:
        return draw.normal(size=shape).astype(dtype)

    return {
        "x": normal(2, 3), "y": normal(2, 3), "p": draw.uniform(0.05, 0.95, (2, 3)).astype(dtype),
        "u": draw.uniform(0.05, 0.95, (2, 3)).astype(dtype),
        "g": np.array([[1, -1, 1], [-1, -1, 1]], dtype),
        "a": normal(2, 4, 7), "b": normal(2, 4, 6, 5), "c": normal(1, 2, 4, 5, 3),
        "w1": normal(4, 4, 3), "w2": normal(4, 4, 3, 2), "w3": normal(2, 2, 2, 3, 1),
        "t1": normal(4, 3, 3), "t2": normal(4, 3, 2, 3), "t3": normal(2, 3, 2, 1, 3),
        "k": normal(4), "h": normal(4), "v": draw.uniform(0.5, 2, 4).astype(dtype),
        "s": normal(5, 4), "n": np.array([0, 3, 2, 2, 1]), "q": normal(2, 4, 3, 5), "e": normal(5, 3),
        "i": np.array([[1, 0, 2], [2, 4, 1]]), "o": np.array([0, 2, 6]),
        "i4": draw.integers(0, 4, (2, 7)), "l": normal(6, 2, 5), "r": np.array([[1, 2, 4], [3, 3, 1]]),
        "z": np.array([6, 5]), "d": np.array([2, 3]),
        "m": np.array([[True, False, True], [True, True, False], [False, True, True]]),
    }  # fmt: skip
