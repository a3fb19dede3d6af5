"""Arguments for every ATen operator on NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tests.aten.array_cases import ARRAY_CASES
from tests.aten.layer_cases import LAYER_CASES
from torchffi._aten.numpy_table import ALIASES

F = torch.linspace(-1.7, 2.3, 12).reshape(3, 4)
G = torch.linspace(0.3, 4.1, 12).reshape(3, 4)
ROW = torch.tensor([0.5, -2.0, 3.0, 1.5])
N = torch.arange(-5, 7).reshape(3, 4)
J = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 1], [2, 3, 4, 5]])
B = N % 3 == 0
ZERO_D, D = torch.tensor(2), F.double()
SQUARE = torch.linspace(-1, 1, 16).reshape(4, 4)
HEADS = torch.linspace(-1, 2, 48).reshape(1, 4, 3, 4)

UNARY = (
    "abs neg sin cos tan tanh sinh cosh asin asinh acos acosh atan atanh exp expm1 log log1p log2 log10 "
    "sqrt rsqrt square reciprocal floor ceil trunc sign erf isnan isinf isfinite logical_not relu "
    "sigmoid silu gelu"
)
NUMERIC = "add sub mul remainder eq ne lt le gt ge"
BITS = "bitwise_and bitwise_or bitwise_xor __and__ __or__ __xor__"
PAIRS: list[Any] = [
    (F, G),
    (F, ROW),
    (N, J),
    (N, F),
    (B, N),
    (F, ZERO_D),
    (N, torch.tensor(1.5)),
    (F, D),
]
NUMBERS: list[Any] = [(F, 1.5), (F, 2), (N, 3), (N, 1.5)]

# Operator -> argument lists; keyword arguments are in a dict at the end.
CASES: dict[str, Sequence[Sequence[Any]]] = {
    **LAYER_CASES,
    **ARRAY_CASES,
    **{name: [(F,), (G,)] for name in UNARY.split()},
    **{f"{name}_": [(F,), (G,)] for name in UNARY.split() if not name.startswith("is")},
    "bitwise_not": [(N,), (B,)],
    "bitwise_not_": [(N,), (B,)],
    **{f"{name}.Tensor": PAIRS for name in NUMERIC.split()},
    **{f"{name}.Scalar": NUMBERS for name in NUMERIC.split()},
    **{f"{name}.Tensor": [(N, J), (B, N), (B, ~B)] for name in BITS.split()},
    **{f"{name}.Scalar": [(N, 3), (B, True)] for name in BITS.split()},
    **{f"{name}_.Tensor": [(F, G), (N, J), (F, ROW)] for name in NUMERIC.split()},
    **{f"{name}_.Scalar": [(F, 1.5), (N, 3)] for name in NUMERIC.split()},
    **{f"{name}_.Tensor": [(N, J)] for name in ["bitwise_and", "bitwise_or", "bitwise_xor"]},
    **{f"{name}_.Scalar": [(N, 3)] for name in ["bitwise_and", "bitwise_or", "bitwise_xor"]},
    "add.Tensor": [*PAIRS, (F, G, {"alpha": 2}), (N, J, {"alpha": 3})],
    "sub.Tensor": [*(pair for pair in PAIRS if pair[0] is not B), (F, G, {"alpha": 2})],
    "remainder.Tensor": [(F, G), (F, ROW), (N, J), (J, F), (F, D)],
    "sub.Scalar": [(F, 2, 3), (N, 2)],
    **{
        f"rsub.{kind}": [(F, b), (N, 3, 2) if kind == "Scalar" else (N, J, {"alpha": 2})]
        for kind, b in (("Tensor", G), ("Scalar", 1.5))
    },
    **{f"div{w}.Tensor": [(F, G), (G, ROW)] for w in ("", "_")},
    **{f"div{w}.Scalar": [(F, 2), (G, 1.5)] for w in ("", "_")},
    "div.Tensor": [(F, G), (N, J), (N, F), (F, ZERO_D)],
    **{
        f"div{w}.Tensor_mode": [
            (F, G, {"rounding_mode": mode}) for mode in (None, "floor", "trunc")
        ]
        for w in ("", "_")
    },
    "div.Tensor_mode": [
        (a, b, {"rounding_mode": mode})
        for a, b in ((F, G), (N, J))
        for mode in (None, "floor", "trunc")
    ],
    **{
        f"div{w}.Scalar_mode": [
            (F, 1.5, {"rounding_mode": mode}) for mode in (None, "floor", "trunc")
        ]
        for w in ("", "_")
    },
    "floor_divide": [(F, G), (N, J)],
    "floor_divide_.Tensor": [(F, G), (N, J)],
    **{f"floor_divide{w}.Scalar": [(F, 1.5), (N, 3)] for w in ("", "_")},
    **{f"pow{w}.Tensor_Tensor": [(G, F), (J, J % 3)] for w in ("",)},
    **{f"pow{w}.Tensor_Scalar": [(G, 2), (G, 0.5), (J, 3)] for w in ("",)},
    "pow_.Tensor": [(G, F)],
    "pow_.Scalar": [(G, 2)],
    "pow.Scalar": [(2.0, F), (2, J)],
    **{name: [(F, G), (N, J)] for name in ("maximum", "minimum", "max.other", "min.other")},
    "atan2": [(F, G)],
    "atan2_": [(F, G)],
    **{f"logical_{name}{w}": [(B, ~B), (N, J)] for name in ("and", "or", "xor") for w in ("", "_")},
    **{f"clamp{w}": [(F, -1, 1), (F, None, 0.5), (N, 1)] for w in ("", "_")},
    **{f"clamp{w}.Tensor": [(F, ROW - 2, ROW)] for w in ("", "_")},
    **{f"clamp_{side}{w}": [(F, 0.5), (N, 2)] for side in ("min", "max") for w in ("", "_")},
    **{f"clamp_{side}{w}.Tensor": [(F, ROW)] for side in ("min", "max") for w in ("", "_")},
    "where.self": [(B, F, G), (B, N, F)],
    "where.Scalar": [(B, 1.0, 0.0), (B, 1, 2)],
    "where.ScalarOther": [(B, F, 0.0)],
    "where.ScalarSelf": [(B, 1.0, F)],
    **{f"masked_fill{w}.Scalar": [(F, B, -1.0), (F, B, float("-inf"))] for w in ("", "_")},
    **{f"masked_fill{w}.Tensor": [(F, B, torch.tensor(3.0))] for w in ("", "_")},
    "gelu": [(F,), (F, {"approximate": "tanh"})],
    **{name: [(F, [2, 6]), (F, [-1])] for name in ("view", "reshape", "_unsafe_view")},
    "flatten.using_ints": [(F,), (F[None], 0, 1), (torch.tensor(1.0),)],
    "unflatten.int": [(F, 1, [2, 2]), (F, -1, [-1, 2]), (F[None], 1, [3, 1])],
    "flip": [(F, [0]), (F, [0, -1])],
    "transpose.int": [(F, 0, 1), (F[None], -1, 0)],
    "t": [(F,), (ROW,)],
    "permute": [(F[None], [2, 0, -2])],
    "expand": [(ROW, [3, 4]), (F[:, None], [3, 2, -1])],
    "expand_as": [(ROW, F)],
    "unsqueeze": [(F, 0), (F, -1)],
    "squeeze": [(F[None, :, None],)],
    "squeeze.dim": [(F[None], 0), (F, 0)],
    "squeeze.dims": [(F[None, :, None], [0, 1, 2])],
    "slice.Tensor": [(F,), (F, 1, 1, 3), (F, -1, -3, 2**63 - 1, 2)],
    "select.int": [(F, 0, 1), (F, -1, -2)],
    "narrow": [(F, 1, 1, 2)],
    "index.Tensor": [(F, [torch.tensor([2, 0])]), (F, [None, torch.tensor([1])]), (F, [B])],
    "index_select": [(F, 1, torch.tensor([3, 0]))],
    "split.Tensor": [(F, 3, 1), (F, 2)],
    "split.sizes": [(F, [1, 3], 1)],
    "split_with_sizes": [(F, [1, 2])],
    "chunk": [(F, 2, 1), (F, 2)],
    "unbind.int": [(F,), (F, 1)],
    "cat": [([F, G],), ([F, G], -1)],
    "stack": [([F, G],), ([F, G], 1)],
    **{name: [(SQUARE,), (SQUARE, 1), (SQUARE, -1)] for name in ("tril", "triu")},
    "repeat": [(F, [2, 1]), (ROW, [2, 2])],
    **{name: [(F,)] for name in ("contiguous", "alias", "detach", "lift_fresh_copy", "lift_fresh")},
    "clone": [(F,), (B,)],
    "detach_": [(torch.ones(2),)],
    **{name: [(F, torch.float64)] for name in ("to.dtype",)},
    "to.dtype_layout": [(N, {"dtype": torch.float32})],
    "_to_copy": [(F, {"dtype": torch.float64}), (F,)],
    "to.device": [(N, "cpu", torch.float32)],
    "type_as": [(N, F)],
    "to.other": [(N, F)],
    "full": [([2, 3], 1.5), ([2], 3, {"dtype": torch.float64})],
    "zeros": [([2, 3],)],
    "ones": [([2], {"dtype": torch.int64})],
    "scalar_tensor": [(2,), (3, {"dtype": torch.int64})],
    **{f"{name}_like": [(N,), (F, {"dtype": torch.int64})] for name in ("zeros", "ones")},
    **{f"new_{name}": [(F, [2]), (N, [2, 2])] for name in ("zeros", "ones")},
    "full_like": [(F, 3)],
    "new_full": [(F, [2], 7)],
    "arange": [(5,), (5.0,), (3, {"dtype": torch.float32})],
    "arange.start": [(2, 5)],
    "arange.start_step": [(1, 9, 3)],
    "copy_": [(F, G), (F, ROW)],
    "sum": [(F,), (N,), (B,)],
    "prod": [(F,), (N,)],
    "sum.dim_IntList": [(F, [0]), (F, [0, 1], True), (F, None), (B, [1]), (F, [], True)],
    "prod.dim_int": [(F, 1), (N, 0, True)],
    "mean": [(F,)],
    "mean.dim": [(F, [1], True), (N, [0], {"dtype": torch.float32})],
    "amax": [(F, [0]), (F, [-1], True)],
    "amin": [(F, [0, 1])],
    "max": [(F,)],
    "min": [(N,)],
    **{name: [(B,)] for name in ("any", "all")},
    **{f"{name}.dim": [(B, 1), (B, 0, True)] for name in ("any", "all")},
    **{f"{name}.dims": [(B, [0, 1])] for name in ("any", "all")},
    **{name: [(F,), (F, 1), (F, 0, True)] for name in ("argmax", "argmin")},
    **{
        f"{name}.correction": [(F, [1]), (F, [0], {"correction": 0, "keepdim": True}), (F,)]
        for name in ("var", "std")
    },
    "linalg_vector_norm": [(F,), (F, 1, [1], True), (F, float("inf"), [0])],
    "cumsum": [(F, 1), (N, 0, {"dtype": torch.float64})],
    "matmul": [(F, SQUARE), (ROW, SQUARE), (F[None], SQUARE)],
    "mm": [(F, SQUARE)],
    "bmm": [(F[None], SQUARE[None])],
    "addmm": [(ROW, F, SQUARE), (ROW, F, SQUARE, {"beta": 0.5, "alpha": 2})],
    "baddbmm": [
        (SQUARE[:3], F[None], SQUARE[None]),
        (ROW, F[None], SQUARE[None], {"beta": 0.5, "alpha": 2}),
    ],
    "linear": [(F, SQUARE), (F, SQUARE, ROW)],
    "softmax.int": [(F, 1), (F, 0, torch.float64)],
    "_softmax": [(F, -1, False)],
    "log_softmax.int": [(F, 1)],
    "_log_softmax": [(F, -1, False)],
    "layer_norm": [(F, [4]), (F, [4], ROW, ROW + 1, 1e-3)],
    "native_layer_norm": [(F, [4], None, None, 1e-5), (F[None], [3, 4], F, G, 1e-3)],
    "scaled_dot_product_attention": [
        (HEADS, HEADS[:, :2], HEADS[:, 1:2], None, 0.0, True, {"enable_gqa": True}),
        (F[None], G[None], F[None]),
        (F[None], G[None], F[None], None, 0.0, True),
    ],
    "embedding": [(F, torch.tensor([[0, 2], [1, 1]])), (F, torch.tensor([1]), 0)],
    "item": [(torch.tensor(3),), (torch.tensor([1.5]),)],
    "_local_scalar_dense": [(torch.tensor(True),)],
    "_assert_tensor_metadata": [(F, {"dtype": torch.float32})],
    "_assert_scalar": [(True, "no")],
    "_assert_async.msg": [(torch.tensor(True), "no")],
}
# An alias has the overloads of the other operator, but for these, which have one.
ONE = ("swapaxes", "swapdims")
for alias, name in ALIASES.items():
    for w in ("", "_"):
        for full in [one for one in CASES if one.partition(".")[0] == f"{name}{w}"]:
            overload = full[len(name) + len(w) :] if alias not in ONE else ""
            CASES[f"{alias}{w}{overload}"] = CASES[full]
