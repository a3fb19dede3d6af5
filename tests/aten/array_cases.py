"""Arguments for the ATen operators on NumPy that take and order elements, sum, compare and solve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

F = torch.tensor([[0.5, -1.0, 2.0, 3.5], [1.5, 0.25, -2.0, 7.0], [4.0, 6.0, -0.5, 1.0]])
G = torch.linspace(0.3, 4.1, 12).reshape(3, 4)
N = torch.tensor([[4, -1, 3, 9], [0, 7, -5, 2], [6, 8, 1, -3]])
B = N % 3 == 0
MISSING = torch.tensor(
    [[1.0, math.nan, 3.0, 2.0], [math.nan, math.nan, math.nan, math.nan], [3.0, 1.0, 2.0, 0.0]]
)
INFINITE = torch.tensor([[math.inf, 1.0], [-math.inf, -math.inf], [math.nan, 2.0]])
CUBE = torch.arange(24.0).reshape(2, 3, 4)
SQUARE = torch.tensor([[2.0, 0.5, 0.0], [0.5, 3.0, 1.0], [0.0, 1.0, 4.0]])
ROW, COUNT = torch.tensor([0.5, -2.0, 3.0, 1.5]), torch.tensor([3, 1, 1, 5, 0])
LEAF = torch.tensor(2.5)
ROWS = torch.tensor([2, 0, 2])
PLACES = torch.tensor([[0, 2, 1], [3, 3, 0]])
SPINS = torch.tensor([[1 + 2j, -3j, 0.5 + 0j], [2 - 1j, 1 + 1j, 4j]])
ONE = torch.tensor([[1], [0], [2]])
UNIT = torch.tensor([[0.25, 0.5, 0.75]])

Cases = dict[str, Sequence[Sequence[Any]]]


def both(name: str, cases: Sequence[Sequence[Any]], overloads: Sequence[str] = ("",)) -> Cases:
    """The cases of an operator and of its form in place."""
    return {f"{name}{w}{overload}": cases for w in ("", "_") for overload in overloads}


SCATTERED = [
    (F, 1, PLACES, G),
    (F, 0, torch.tensor([[2, 0, 1]]), G),
    (F, -1, ONE, G),
    (LEAF, 0, torch.tensor(0), LEAF),
]
NEW: Cases = {
    **both("scatter", SCATTERED, [".src"]),
    **both("scatter", [(F, 1, PLACES, 9.0), (N, 0, ONE.T, 7)], [".value"]),
    **both(
        "scatter", [(F, 1, PLACES, G, {"reduce": how}) for how in ("add", "multiply")], [".reduce"]
    ),
    **both(
        "scatter",
        [(F, 1, PLACES, 2.0, {"reduce": how}) for how in ("add", "multiply")],
        [".value_reduce"],
    ),
    **both("scatter_add", [*SCATTERED, (N, 1, PLACES, N)]),
    **both(
        "index_add",
        [(F, 0, ROWS, G), (F, 1, ROWS, G[:, :3], {"alpha": 2}), (N, -1, ROWS, N[:, :3])],
    ),
    **both("index_fill", [(F, 0, ROWS, 9.0), (N, -1, ROWS, 5)], [".int_Scalar"]),
    **both("index_fill", [(F, 0, ROWS, LEAF)], [".int_Tensor"]),
    **both(
        "index_copy", [(F, 0, torch.tensor([2, 0]), G[:2]), (F, -1, torch.tensor([1]), G[:, :1])]
    ),
    **both(
        "index_put",
        [
            (F, [ROWS, ROWS], LEAF),
            (F, [None, torch.tensor([1, 3])], G[:, :2]),
            (F, [B], LEAF),
            (F, [ROWS], G[0], True),
            (N, [None, ROWS], N[:, :3], True),
        ],
    ),
    **both("masked_scatter", [(F, B, G), (F, B[0], G)]),
    **both("lerp", [(F, G, 0.25), (F, G, 0.75), (F, ROW, 2)], [".Scalar"]),
    **both("lerp", [(F, G, ROW), (F, G, LEAF)], [".Tensor"]),
    **both("addcmul", [(F, G, F), (F, G, ROW, {"value": 0.5}), (N, N, N, {"value": 2})]),
    **both("addcdiv", [(F, G, F), (F, ROW, G, {"value": -2})]),
    **both("frac", [(F,)]),
    **both("fmod", [(F, G), (N, torch.tensor([2, -3, 4, 5])), (F, ROW)], [".Tensor"]),
    **both("fmod", [(F, 1.5), (N, 4), (F, -2)], [".Scalar"]),
    **both("nan_to_num", [(INFINITE,), (INFINITE, 1.0, 2.0, 3.0), (N,)]),
    **both("logit", [(UNIT,), (torch.tensor([-1.0, 0.5, 2.0]), 0.1)]),
    **both(
        "xlogy", [(F, G), (torch.zeros(3), torch.tensor([0.0, math.nan, math.inf]))], [".Tensor"]
    ),
    **both("xlogy", [(F, 2.5), (torch.zeros(3), math.inf)], [".Scalar_Other"]),
    **both("deg2rad", [(F,)]),
    **both("rad2deg", [(F,)]),
    **both("sinc", [(F,), (torch.zeros(2),)]),
    **both("exp2", [(F,)]),
    "deg2rad": [(F,), (N,)],
    "exp2": [(F,), (B,)],
    "fill_diagonal_": [(F, 9.0), (torch.zeros(7, 2), 1.0, True), (torch.zeros(7, 2), 1.0)],
}
ELEMENTS: Cases = {
    "gather": [(F, 1, PLACES), (N, -2, ONE), (LEAF, 0, torch.tensor(0)), (ROW, 0, ROWS)],
    "take": [(F, PLACES), (F, torch.tensor(-1))],
    "take_along_dim": [(F, ONE, 1), (F, torch.tensor([[0, -1, 1, 2]]), 0), (F, PLACES)],
    "masked_select": [
        (F, B),
        (F, torch.tensor([[True], [False], [True]])),
        (LEAF, torch.tensor(True)),
    ],
    "fill_.Scalar": [(F, 2.5), (N, 3)],
    "fill_.Tensor": [(F, LEAF)],
    "zero_": [(F,), (N,), (B,)],
    "nonzero": [(F,), (B,), (torch.zeros(2, 2),)],
    "argwhere": [(N,)],
    "diagonal": [(F,), (CUBE, -1, 1, 2), (CUBE, 1, -1, 0)],
    "diag": [(F,), (F, 1), (ROW,), (ROW, -2)],
    "trace": [(F,), (N,), (SQUARE,)],
    "roll": [(F, [1]), (F, [1], [0]), (CUBE, [1, -1], [0, 2]), (F, [-5], [-1])],
    "movedim.int": [(CUBE, 0, 2), (CUBE, -1, 0)],
    "movedim.intlist": [(CUBE, [0, 1], [2, 0])],
    "unfold": [(F, 1, 2, 1), (CUBE, 2, 3, 2), (ROW, 0, 0, 1), (CUBE, -2, 2, 2)],
    "tensor_split.sections": [(F, 2, 1), (ROW, 3)],
    "tensor_split.indices": [(F, [1, 3], 1), (ROW, [2, 1])],
    "hsplit.int": [(F, 2), (ROW, 2)],
    "hsplit.array": [(F, [1, 3])],
    "vsplit.int": [(F, 3)],
    "vsplit.array": [(F, [1])],
    "dsplit.int": [(CUBE, 2)],
    "dsplit.array": [(CUBE, [1, 2])],
    "repeat_interleave.self_int": [(F, 2), (F, 3, 1), (N, 0, 0)],
    "repeat_interleave.self_Tensor": [(F, ROWS, 0), (ROW, torch.tensor([2, 0, 1, 3]))],
    "rot90": [(F,), (F, 2), (CUBE, -1, [0, 2])],
    "fliplr": [(F,)],
    "flipud": [(F,)],
}
ORDER: Cases = {
    "sort": [(F,), (F, 0), (F, 1, True), (N, -1), (MISSING, 1), (MISSING, 1, True), (LEAF,)],
    "sort.stable": [
        (torch.tensor([2, 1, 2, 1]), {"stable": True}),
        (F, {"stable": True, "dim": 0, "descending": True}),
    ],
    "argsort": [(F,), (F, 0, True), (LEAF,)],
    "argsort.stable": [
        (torch.tensor([2, 1, 2, 1]), {"stable": True, "dim": 0, "descending": True})
    ],
    "topk": [(F, 2), (F, 2, 0, False), (N, 0), (MISSING[:1], 2), (LEAF, 1)],
    "kthvalue": [(F, 2), (F, 3, 0, True), (N, 1, -1), (LEAF, 1)],
    "cummax": [(F, 1), (N, 0), (torch.tensor([1.0, 3.0, 3.0, 2.0]), 0), (MISSING, -1)],
    "cummin": [(F, 1), (torch.tensor([3, 1, 1, 2]), 0), (MISSING, 1), (LEAF, 0)],
    "median": [(F,), (N,), (MISSING,), (LEAF,)],
    "median.dim": [(F, 1), (F, 0, True), (N, -1), (MISSING[:1], 1)],
    **{
        f"{name}{kind}": [
            (G, q),
            (F, q, 1),
            (F, q, 0, True),
            *(
                (F, q, 1, False, {"interpolation": how})
                for how in ("lower", "higher", "nearest", "midpoint")
            ),
            *([] if name == "quantile" else [(MISSING[:1], q, 1)]),
        ]
        for name in ("quantile", "nanquantile")
        for kind, q in (("", torch.tensor([0.25, 0.8])), (".scalar", 0.4))
    },
}
SUMS: Cases = {
    "count_nonzero": [(F,), (N, 0), (B, -1)],
    "count_nonzero.dim_IntList": [(N, [0]), (N, [0, 1])],
    "nansum": [
        (MISSING,),
        (MISSING, [1]),
        (N, [0], True),
        (MISSING, [0, 1], False, {"dtype": torch.float64}),
    ],
    "nanmean": [(MISSING,), (MISSING, [1], True), (F, [0])],
    "logsumexp": [
        (F, [1]),
        (F, [0, 1], True),
        (INFINITE, [1]),
        (torch.tensor([[-math.inf, -math.inf]]), [1]),
        (F * 40, [0]),  # exponentials overflow, and underflow
        (F * -1e3, [1]),
        (F.double() * 300, [0, 1]),
        (F[:0], [1]),
        (F[:0], [0]),
        (LEAF, [0]),
    ],
    "aminmax": [(F,), (N, {"dim": 1}), (F, {"dim": 0, "keepdim": True})],
    "cumprod": [(F, 1), (N, 0), (N, 0, {"dtype": torch.float64})],
    "histc": [(F,), (F, 4, -1, 3), (torch.ones(3), 3)],
    "bincount": [
        (COUNT,),
        (COUNT, None, 9),
        (COUNT, torch.tensor([0.5, 1, 2, 4, 8])),
        (COUNT, torch.arange(5)),
    ],
    "cov": [
        (F,),
        (ROW,),
        (F, {"correction": 0}),
        (F, {"fweights": torch.tensor([1, 2, 1, 3])}),
        (F, {"aweights": G[0]}),
    ],
    "corrcoef": [(F,)],
    "dist": [(F, G), (F, ROW, 1), (F, G, math.inf)],
}
VECTORS = [
    (ROW, G[0]), (N[0], N[1]), (SPINS[0], SPINS[1]), (ROW[:0], ROW[:0]), (G[:, 0], F[:, 1]),
    (ROW.double(), G[0].double()), (ROW.half(), ROW.half()), (SPINS[0].repeat(999),) * 2,
]  # fmt: skip
OTHERS: Cases = {
    "isclose": [
        (INFINITE, INFINITE),
        (INFINITE, -INFINITE),
        (F, ROW),
        (LEAF, LEAF + 1e-6),
        (F[:0], F[:0]),
        (F, F + 0.01, 0.0, 0.02),
        (F.half(), F.half()),
        (F, F + 1e-6),
        (F, G),
        (MISSING, MISSING),
        (MISSING, MISSING, 0, 0, True),
        (N, N),
    ],
    "allclose": [(F, F + 1e-7), (F, G), (MISSING, MISSING), (MISSING, MISSING, 1e-5, 1e-8, True)],
    "equal": [(F, F.clone()), (F, G), (F, ROW), (N, N)],
    "heaviside": [(torch.tensor([-1.0, 0.0, 2.0]), torch.tensor([0.5]))],
    "diff": [(F,), (N, 2, 0)],
    "dot": VECTORS,
    "vdot": VECTORS,
    "mv": [(F, ROW)],
    "outer": [(ROW, G[0, :3])],
    "ger": [(ROW, G[0, :3])],
    "kron": [(SQUARE, F), (ROW, SQUARE)],
    "det": [(SQUARE,)],
    "inverse": [(SQUARE,)],
    "matrix_power": [(SQUARE, 3), (SQUARE, -1), (SQUARE, 0)],
    "slogdet": [(SQUARE,)],
    "cholesky": [(SQUARE,), (SQUARE, True)],
}
ARRAY_CASES: Cases = {**NEW, **ELEMENTS, **ORDER, **SUMS, **OTHERS}
