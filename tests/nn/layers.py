"""The layers of test_layers.py: constructors, and inputs for them."""

from __future__ import annotations

from typing import Any

import numpy as np

# A constructor and its inputs, by name. `n` is nn and `p` makes a parameter-like tensor of an array.
LAYERS = """
    ReLU() x; ReLU(inplace=True) x; ReLU6() x; ReLU6(True) x; LeakyReLU() x; LeakyReLU(0.2, True) x
    ELU() x; ELU(0.7, inplace=True) x; SELU() x; SELU(True) x; CELU() x; CELU(2.0, True) x
    PReLU() x; PReLU(3) x; PReLU(init=0.5) x; GELU() x; GELU('tanh') x; SiLU() x; SiLU(True) x
    Mish() x; Mish(True) x; Sigmoid() x; Tanh() x; Hardtanh() x; Hardtanh(-0.5, 0.25, True) x
    Hardswish() x; Hardswish(True) x; Hardsigmoid() x; Hardsigmoid(True) x; Hardshrink() x
    Hardshrink(0.3) x; Softplus() x; Softplus(2, 1.5) x; Softsign() x; Softshrink() x
    Softshrink(0.3) x; Tanhshrink() x; Threshold(0.1, 20) x; Threshold(0.1, 20, True) x
    LogSigmoid() x; Softmax(dim=1) x; Softmax() x; Softmax() m; LogSoftmax(0) x; LogSoftmax() m
    Softmin(dim=-1) x; Softmin() m; GLU() e; GLU(1) e
    Dropout() x; Dropout(0.2, True) x; Dropout(1.0) x; Dropout1d() x; Dropout2d(0.3) r
    Dropout3d() v; AlphaDropout() x; AlphaDropout(0.1, True) x; FeatureAlphaDropout() r
    Flatten() r; Flatten(0) r; Flatten(1, 2) r; Flatten(-2, -1) r
    Unflatten(1, (2, 2)) r; Unflatten(1, [-1, 4]) r; Unflatten(-1, (3, 2, 1)) r
    PixelShuffle(2) r; PixelUnshuffle(2) r
    Upsample(scale_factor=2) r; Upsample((3, 5)) r; Upsample(5, mode='nearest') x
    Upsample(scale_factor=(2, 1.5), mode='bilinear') r
    Upsample((5, 8), None, 'bilinear', True) r
    ZeroPad2d(1) r; ZeroPad2d((1, 0, 2, 1)) r; ConstantPad1d(2, 3.5) x; ConstantPad1d((1, 0), 1) x
    ConstantPad2d((1, 2, 0, 1), 0.5) r; ReflectionPad2d(1) r; ReflectionPad2d((2, 0, 1, 1)) r
    ConstantPad3d(1, -2.5) v; ZeroPad1d(2) x; ZeroPad3d((0, 1, 2, 0, 1, 1)) v; ReflectionPad1d(2) x
    ReflectionPad3d(1) v; ReplicationPad1d((3, 1)) x; ReplicationPad2d(2) r; ReplicationPad3d(1) v
    CircularPad1d((1, 2)) x; CircularPad2d(2) r; CircularPad3d((1, 0, 1, 1, 2, 0)) v
    Embedding(6, 3) i; Embedding(6, 3, 1) i; Embedding(6, 3, padding_idx=-1) i
    Embedding(6, 3, 2, 0.7, 1.0, True) i; Embedding(6, 3, max_norm=0.5) i
    Embedding(6, 3, _weight=p(T)) i; Embedding(6, 3, _weight=p(T), _freeze=True) i
    EmbeddingBag(6, 3) i; EmbeddingBag(6, 3, mode='sum', padding_idx=1) i
    EmbeddingBag(6, 3, mode='max') i; EmbeddingBag(6, 3, 0.7, 1.0, True) i
    CosineSimilarity() x y; CosineSimilarity(0, 1e-3) x y; PairwiseDistance() m o
    PairwiseDistance(1.0, keepdim=True) m o
    Linear(4, 2) x; Linear(4, 2, False) x; Bilinear(4, 4, 3) x y; Bilinear(4, 4, 3, False) x y
    Identity(3, a=2) x
    CrossEntropyLoss() m c; CrossEntropyLoss(p(W), reduction='sum') m c
    CrossEntropyLoss(ignore_index=1, label_smoothing=0.1) m c; CrossEntropyLoss() m q
    CrossEntropyLoss(reduce=False) m c; CrossEntropyLoss(size_average=False) m c
    NLLLoss() m c; NLLLoss(p(W), ignore_index=2, reduction='none') m c
    MSELoss() x y; MSELoss(reduction='sum') x y; MSELoss(size_average=False) x y; L1Loss() x y
    L1Loss(reduction='none') x y; SmoothL1Loss() x y; SmoothL1Loss(beta=0.5) x y; HuberLoss() x y
    HuberLoss('sum', 0.5) x y; BCELoss() q s; BCELoss(p(W), reduction='sum') q s
    BCEWithLogitsLoss() m s; BCEWithLogitsLoss(p(W), pos_weight=p(V)) m s
    BCEWithLogitsLoss(pos_weight=p(V), reduction='none') m s
    KLDivLoss(reduction='batchmean') m q; KLDivLoss(reduction='sum', log_target=True) m o
    GaussianNLLLoss() m o q; GaussianNLLLoss(full=True, eps=0.1, reduction='sum') m o q
    PoissonNLLLoss() m q; PoissonNLLLoss(False, True, eps=1e-3) q s
    CosineEmbeddingLoss() m o g; CosineEmbeddingLoss(0.3, reduction='none') m o g
    MarginRankingLoss() g k g; MarginRankingLoss(0.3, reduction='sum') k g g
    TripletMarginLoss() m o q; TripletMarginLoss(2.0, 1.0, swap=True) m o q
    HingeEmbeddingLoss() k g; HingeEmbeddingLoss(0.5) k g; SoftMarginLoss() k g
    Sequential() x; Sequential(n.Linear(4, 3), n.ReLU(), n.Linear(3, 2, False)) x
    Sequential(OrderedDict(a=n.Linear(4, 3), b=n.Tanh())) x
    Sequential(n.Linear(4, 3), n.Sequential(n.PReLU(), n.Dropout(0.3)), n.Softmax(-1)) x
"""  # fmt: skip
OF_LIBTORCH = "CTCLoss() l t a b; CTCLoss(1, 'sum', True) l t a b"  # NumPy has no CTC loss


def split(text: str) -> list[str]:
    return [one.strip() for line in text.splitlines() for one in line.split(";") if one.strip()]


def arrays() -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(5)

    def normal(*shape: int) -> np.ndarray[Any, Any]:
        return draw.normal(size=shape).astype(np.float32)

    m, l_ = normal(5, 3), normal(6, 2, 4)
    q = np.abs(normal(5, 3)) + 0.1
    return {
        "x": normal(2, 3, 4), "y": normal(2, 3, 4), "e": normal(3, 4), "r": normal(2, 4, 4, 6),
        "v": normal(2, 3, 2, 2, 3), "m": m - np.log(np.exp(m).sum(1, keepdims=True)),
        "o": normal(5, 3), "q": q / q.sum(1, keepdims=True),
        "s": (normal(5, 3) > 0).astype(np.float32), "c": np.array([0, 2, 1, 1, 2]),
        "k": normal(5), "g": np.array([1, -1, -1, 1, 1], np.float32),
        "i": np.array([[1, 0, 5], [5, 4, 1]]),
        "l": l_ - np.log(np.exp(l_).sum(2, keepdims=True)), "t": np.array([[2, 3, 3], [3, 2, 3]]),
        "a": np.array([6, 5]), "b": np.array([3, 2]),
        "T": normal(6, 3), "W": np.array([0.5, 1, 2], np.float32), "V": np.abs(normal(3)),
    }  # fmt: skip
