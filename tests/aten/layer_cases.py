"""Arguments for the ATen operators of layers and losses on NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

F = torch.linspace(-4.7, 5.3, 12).reshape(3, 4)
P = torch.linspace(0.03, 0.97, 12).reshape(3, 4)
WIDE = F.double()
SIGNS = torch.tensor([[1.0, -1, 1, -1], [-1, 1, 1, 1], [-1, -1, 1, -1]])
_draw = torch.Generator().manual_seed(11)


def _random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=_draw) * 0.3


SIGNAL, IMAGE, VOLUME = _random(2, 4, 11), _random(2, 4, 7, 9), _random(2, 4, 5, 6, 7)
OF_AXES = {1: SIGNAL, 2: IMAGE, 3: VOLUME}
CHANNELS = [_random(4), _random(4), _random(4), _random(4).abs() + 0.1]
SCORES, CLASSES = _random(5, 4), torch.tensor([0, 3, 2, 2, 1])
MAPS, MAP_CLASSES = (
    _random(2, 4, 3, 2),
    torch.tensor([[[0, 1], [2, 3], [3, 1]], [[1, 0], [0, 0], [3, 2]]]),
)
INDICES = torch.tensor([1, 0, 2, 2, 1, 0, 2])

_PLAIN = "relu6 leaky_relu elu selu celu hardtanh hardswish hardsigmoid mish"
_DROPOUTS = "dropout alpha_dropout feature_dropout feature_alpha_dropout"


def _convolutions(n: int) -> dict[str, list[Any]]:
    x, size = OF_AXES[n], (3, 2, 3)[:n]
    weight, grouped, alone = _random(6, 4, *size), _random(6, 2, *size), _random(8, 1, *size)
    back, parts, bias = _random(4, 3, *size), _random(4, 2, *size), _random(6)
    transposed = {1: "conv_transpose1d", 2: "conv_transpose2d.input", 3: "conv_transpose3d.input"}
    return {
        f"conv{n}d": [
            (x, weight),
            (x[0], weight, bias),
            (x, weight, bias, [2], [1], [2]),
            (x, grouped, None, [1] * n, [2] * n, [1] * n, 2),
            (x, alone, None, [1], [0], [1], 4),
            (x.double(), weight.double(), bias.double(), [3]),
            (x[:0], weight),
        ],
        f"conv{n}d.padding": [
            (x, weight, bias, [1], "same"),
            (x, weight, bias, [2], "valid"),
            (x, grouped, None, [1], "same", [2], 2),
        ],
        transposed[n]: [
            (x, back),
            (x[0], back, _random(3), [2], [1], [1]),
            (x, parts, _random(4), [3] * n, [0] * n, [2] * n, 2, [2] * n),
            (x.double(), back.double(), None, [1], [2], [0], 1, [2]),
        ],
    }


def _pools(n: int) -> dict[str, list[Any]]:
    x = OF_AXES[n]
    largest: list[Any] = [
        (x, [2]),
        (x[0], [3], [2], [1]),
        (x, [3], [2], [1], [1], True),
        (x, [2], [1], [1], [2], True),
        (x.double(), [2] * n, [3] * n, [1] * n, [1] * n, True),
        (torch.full_like(x, -torch.inf), [2], [2], [1]),
    ]
    means: list[Any] = [
        (x, [2]),
        (x[0], [3], [2], [1]),
        (x, [3], [2], [1], True),
        (x, [3], [2], [1], True, False),
        (x.double(), [2], [3], [1], True, False),
    ]
    return {
        f"max_pool{n}d": largest,
        f"max_pool{n}d_with_indices": largest,
        f"avg_pool{n}d": means + ([(x, [2], [2], [0], False, True, 3)] if n > 1 else []),
        f"adaptive_avg_pool{n}d": [
            (x, [2] * n),
            (x[0], [4] * n),
            (x.double(), [1] * n),
            (x, [12] * n),
        ],
        f"adaptive_max_pool{n}d": [
            (x, [2] * n),
            (x[0], [4] * n),
            (x.double(), [1] * n),
            (x, [12] * n),
        ],
    }


def _smooth(n: int) -> list[Any]:
    x = OF_AXES[n]
    return [
        (x, [13, 4, 9][:n], False, None),
        (x, [5, 12, 3][:n], True, None),
        (x, None, False, [1.7, 0.6, 2.0][:n]),
        (x.double(), None, True, [1.3] * n),
        (x, [1] * n, True, None),
    ]


def _upsamplings(n: int) -> dict[str, list[Any]]:
    x = OF_AXES[n]
    plain: list[Any] = [
        (x, [13, 4, 9][:n], None),
        (x.double(), None, [1.7, 0.6, 2.0][:n]),
        (x, list(x.shape[2:]), None),
        (x, None, [2.0] * n),
    ]
    smooth = {1: "upsample_linear1d", 2: "upsample_bilinear2d", 3: "upsample_trilinear3d"}[n]
    return {
        f"upsample_nearest{n}d.vec": plain,
        f"_upsample_nearest_exact{n}d.vec": plain,
        f"{smooth}.vec": _smooth(n),
    }


def _recurrent(name: str, gates: int) -> dict[str, list[Any]]:
    def weights(
        size: int, out: int, ways: int, bias: bool, layers: int, wide: int = 0
    ) -> list[Any]:
        found = []
        for layer in range(layers):
            for _ in range(ways):
                inner = size if not layer else (wide or out) * ways
                found += [_random(gates * out, inner), _random(gates * out, wide or out)]
                found += [_random(gates * out), _random(gates * out)] if bias else []
                found += [_random(wide, out)] if wide else []
        return found

    def state(*shape: int) -> Any:
        return [_random(*shape), _random(*shape)] if gates == 4 else _random(*shape)

    x = _random(6, 2, 3)
    cases = [
        (x, state(1, 2, 5), weights(3, 5, 1, True, 1), True, 1, 0.0, False, False, False),
        (x, state(4, 2, 5), weights(3, 5, 2, False, 2), False, 2, 0.5, False, True, False),
        (x, state(2, 6, 4), weights(3, 4, 1, True, 2), True, 2, 0.0, True, False, True),
    ]
    if gates == 4:
        hx = [_random(2, 2, 3), _random(2, 2, 5)]
        cases.append((x, hx, weights(3, 5, 2, True, 1, 3), True, 1, 0.0, False, True, False))
    one = weights(3, 5, 1, True, 1)
    return {
        f"{name}.input": cases,
        f"{name}_cell": [(x[0], state(2, 5), *one), (x[0], state(2, 5), *one[:2])],
    }


LAYER_CASES: dict[str, Sequence[Sequence[Any]]] = {
    **{f"{name}{way}": [(F,), (WIDE,), (F.half(),)] for name in _PLAIN.split() for way in ("", "_")},
    "relu6": [(F,), (WIDE,), (F.long(),)],
    "leaky_relu": [(F,), (WIDE, 0.3), (F, -0.5)],
    "elu": [(F,), (WIDE, 0.3), (F, 1.5, 2, 0.5)],
    "celu": [(F,), (WIDE, 0.3)],
    "hardtanh": [(F,), (WIDE, -0.5, 2), (F.long(), -2, 3)],
    **{f"threshold{way}": [(F, 0.5, 20.0), (WIDE, -1, 3), (F.long(), 1, -7)] for way in ("", "_")},
    "prelu": [(F, torch.tensor([0.25])), (F, CHANNELS[0]), (IMAGE, CHANNELS[0]),
    (F[0], CHANNELS[0][:1])],
    "softplus": [(F,), (WIDE, 2, 3), (F * 10, 1, 20)],
    "glu": [(F,), (WIDE, 1), (IMAGE, 1)],
    "log_sigmoid": [(F,), (WIDE * 30,)],
    "softshrink": [(F,), (WIDE, 1.5)],
    "hardshrink": [(F,), (WIDE, 1.5)],
    "one_hot": [(CLASSES,), (MAP_CLASSES, 6), (torch.tensor(2), 4)],
    **{f"{name}{way}": [(IMAGE, 0.5, False), (F, 0.0, True), (F, 1.0, True)]
       for name in _DROPOUTS.split() for way in ("", "_")},
    **{key: cases for n in (1, 2, 3) for key, cases in {**_convolutions(n), **_pools(n)}.items()},
    "im2col": [
        (IMAGE, [2, 3], [1, 1], [0, 0], [1, 1]),
        (IMAGE[0], [3, 2], [2, 1], [1, 2], [2, 3]),
    ],
    "col2im": [
        (_random(2, 12, 20), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1]),
        (_random(12, 12), [7, 9], [3, 2], [2, 1], [1, 2], [2, 3]),
    ],
    "pad": [
        (IMAGE, [1, 2]),
        (IMAGE, [1, 2, 0, 3, 1, 1], "constant", 2.5),
        (IMAGE, [-1, 2, 1, -2]),
        *[(IMAGE, [1, 2, 3, 4], mode) for mode in ("reflect", "replicate", "circular")],
        *[(SIGNAL[0], [3, 1], mode) for mode in ("reflect", "replicate", "circular")],
        *[(VOLUME, [1, 1, 2, 0, 1, 2], mode) for mode in ("reflect", "replicate", "circular")],
        (F.long(), [1, 1]),
    ],
    "pixel_shuffle": [(_random(2, 8, 3, 2), 2), (_random(9, 2, 2), 3)],
    "pixel_unshuffle": [(_random(2, 3, 4, 6), 2), (_random(1, 6, 6), 3)],
    "batch_norm": [
        (F, CHANNELS[0], CHANNELS[1], CHANNELS[2], CHANNELS[3], False, 0.1, 1e-5, True),
        (IMAGE, None, None, CHANNELS[2], CHANNELS[3], False, 0.1, 1e-3, False),
        (IMAGE, CHANNELS[0], CHANNELS[1], CHANNELS[2], CHANNELS[3], True, 0.3, 1e-5, True),
        (SIGNAL.double(), None, None, None, None, True, 0.1, 1e-5, True),
    ],
    "group_norm": [(IMAGE, 2, *CHANNELS[:2], 1e-5, True), (F, 4), (VOLUME.double(), 1)],
    "instance_norm": [
        (IMAGE, *CHANNELS, True, 0.3, 1e-5, True),
        (SIGNAL, None, None, None, None, True, 0.1, 1e-3, True),
        (IMAGE, *CHANNELS, False, 0.1, 1e-5, True),
    ],
    "rms_norm": [(F, [4]), (F, [4], CHANNELS[0], 1e-3), (IMAGE.double(), [7, 9])],
    **{name: [(F, F.flip(0)), (WIDE, F), (F, F.flip(1), 0), (F, F.flip(1), 2)]
       for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")},
    "smooth_l1_loss": [
        (F, F * 0.7), (F, F.flip(0)), (F, F.flip(1), 0, 3.0), (WIDE, WIDE.flip(1), 2, 0.0),
    ],
    "huber_loss": [(F, F * 0.7), (F, F.flip(0)), (F, F.flip(1), 0, 3.0), (WIDE, WIDE.flip(1), 2)],
    "binary_cross_entropy": [(P, P.flip(0)), (P, P.flip(1), F, 0), (P.double(), P.double(), None, 2)],
    "binary_cross_entropy_with_logits": [
        (F, P), (F * 20, P, P, CHANNELS[3], 0), (WIDE, P.double(), None, None, 2),
    ],
    "kl_div": [(F, P), (F, P, 0), (F, F.flip(0), 2, {"log_target": True}), (F, torch.relu(F), 0)],
    "poisson_nll_loss": [
        (F, P * 5, True, True, 1e-8, 1), (P, P * 5, False, False, 1e-8, 0),
        (WIDE, WIDE, True, False, 1e-8, 2),
    ],
    "pairwise_distance": [(F, F.flip(0)), (F, F.flip(0), 1.0), (WIDE, WIDE[0], 3.0, 1e-3, True)],
    "cosine_similarity": [(F, F.flip(0)), (F, P, 0), (WIDE, WIDE[0], -1, 1e-3)],
    "cosine_embedding_loss": [
        (F, P, SIGNS[:, 0]), (F, P, SIGNS[:, 1], 0.3, 0), (F[0], P[0], SIGNS[0, 0], 0.0, 2),
    ],
    "margin_ranking_loss": [(F, P, SIGNS), (F, P, SIGNS, 0.5, 0), (F, P, SIGNS, 0.0, 2)],
    "triplet_margin_loss": [
        (F, P, F.flip(0)), (F, P, F.flip(0), 9.0, 1.0, 1e-6, True, 0),
        (WIDE, WIDE[:1], WIDE, 2.0, 2.0, 1e-6, False, 2),
    ],
    "hinge_embedding_loss": [(F, SIGNS), (F, SIGNS, 3.0, 0), (WIDE, SIGNS, 1.0, 2)],
    "soft_margin_loss": [(F, SIGNS), (F, SIGNS, 0), (WIDE, SIGNS, 2)],
    "bilinear": [(F, P[:, :3].contiguous(), _random(5, 4, 3)),
    (F[0], P[0], _random(5, 4, 4), _random(5))],
    "nll_loss_nd": [
        (SCORES, CLASSES), (SCORES, CLASSES, CHANNELS[3], 0, 2), (MAPS, MAP_CLASSES, CHANNELS[3], 1, 3),
        (SCORES[0], CLASSES[1], None, 2), (MAPS.double(), MAP_CLASSES, None, 2, 0),
        (SCORES[0], CLASSES[1], None, 0),
    ],
    "cross_entropy_loss": [
        (SCORES, CLASSES), (SCORES, CLASSES, CHANNELS[3], 0, 2),
        (MAPS, MAP_CLASSES, CHANNELS[3], 1, 3, 0.2),
        (SCORES[0], CLASSES[1], None, 2), (MAPS.double(), MAP_CLASSES, None, 2, 0, 0.1),
        (SCORES, SCORES.softmax(1)), (MAPS, MAPS.softmax(1), CHANNELS[3], 1, -100, 0.3),
        (SCORES[0], SCORES[1].softmax(0), None, 0), (SCORES, CLASSES, CHANNELS[3], 1, 2, 0.4),
    ],
    "embedding_bag.padding_idx": [
        (F, INDICES, torch.tensor([0, 2, 2, 5]), False, mode, False, None, False, None)
        for mode in (0, 1)
    ] + [
        (F, INDICES, torch.tensor([0, 3, 7]), False, 0, False, _random(7), True, None),
        (F, INDICES, torch.tensor([0, 3]), False, 1, False, None, False, 2),
    ],
    **{key: cases for name, gates in {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}.items()
       for key, cases in _recurrent(name, gates).items()},
    **{key: cases for n in (1, 2, 3) for key, cases in _upsamplings(n).items()},
    "upsample_bicubic2d.vec": _smooth(2),
    # Without chance: an interval of length 0, a deviation of 0, an infinite rate.
    "uniform_": [(F, 2.5, 2.5)],
    "normal_": [(F, 2.5, 0.0)],
    "exponential_": [(F, float("inf"))],
    "embedding_renorm_": [(F, INDICES[:2], 3.0, 2.0), (WIDE, INDICES, 5.0, 1.0)],
}  # fmt: skip
