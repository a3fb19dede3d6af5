"""The statements of test_frames.py, and the public names that are exempt, with the reason."""

from __future__ import annotations

from torchffi import _torch_methods
from torchffi._aten.methods import at_first_use

# Statements, one operation each, by the public name that they call. Their operands: see operands().
_OF_ONE = """
    abs acos acosh asin asinh atan atanh ceil cos cosh erf exp expm1 floor isfinite isinf isnan log
    log10 log1p log2 logical_not negative positive reciprocal round rsqrt sign signbit sin sinh sqrt
    square tan tanh trunc conj real
"""
_OF_TWO = """
    add atan2 copysign divide equal greater greater_equal hypot less less_equal
    logaddexp logical_and logical_or logical_xor maximum minimum multiply nextafter not_equal pow
    remainder subtract
"""
_OF_INTEGERS = "bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor"

FUNCTIONS: dict[str, tuple[str, ...]] = {
    **{
        f"linalg.{name}": (f"t.linalg.{name}(s + t.eye(2))",)
        for name in [
            "cholesky",
            "det",
            "eig",
            "eigh",
            "eigvals",
            "eigvalsh",
            "inv",
            "matrix_norm",
            "matrix_rank",
            "pinv",
            "qr",
            "slogdet",
            "svd",
            "svdvals",
            "trace",
        ]
    },
    "linalg.matrix_power": ("t.linalg.matrix_power(s, 3)",),
    "linalg.solve": ("t.linalg.solve(s + t.eye(2), s)",),
    "linalg.cross": ("t.linalg.cross(x, y)",),
    "linalg.vecdot": ("t.linalg.vecdot(x, y)",),
    "linalg.tensordot": ("t.linalg.tensordot(x, y)",),
    "linalg.vector_norm": ("t.linalg.vector_norm(x)", "t.linalg.vector_norm(x, axis=1, ord=1)"),
    "vecdot": ("t.vecdot(x, y)",),
    "tensordot": ("t.tensordot(x, y)",),
    **{
        f"fft.{name}": (f"t.fft.{name}(x)",)
        for name in ["fft", "ifft", "rfft", "ihfft", "fftn", "rfftn"]
    },
    **{f"fft.{name}": (f"t.fft.{name}(z)",) for name in ["hfft", "irfft", "ifftn", "irfftn"]},
    **{f"fft.{name}": (f"t.fft.{name}(x)",) for name in ("fftshift", "ifftshift")},
    **{f"fft.{name}": (f"t.fft.{name}(4)",) for name in ("fftfreq", "rfftfreq")},
    "count_nonzero": ("t.count_nonzero(x)", "t.count_nonzero(x, axis=0)"),
    "nonzero": ("t.nonzero(x)",),
    "unstack": ("t.unstack(x)",),
    "broadcast_arrays": ("t.broadcast_arrays(x, v)",),
    "meshgrid": ("t.meshgrid(v, v)",),
    "repeat": ("t.repeat(x, 2)", "t.repeat(x, 2, axis=1)"),
    "take_along_axis": ("t.take_along_axis(x, k, axis=1)",),
    **{f"unique_{name}": (f"t.unique_{name}(v)",) for name in ("counts", "inverse", "values")},
    **{name: (f"t.{name}(x)",) for name in _OF_ONE.split()},
    **{
        name: (f"t.{name}(x, y)", f"t.{name}(x, 2.0)", f"t.{name}(2.0, x)")
        for name in _OF_TWO.split()
    },
    **{name: (f"t.{name}(i, i)", f"t.{name}(i, 2)") for name in _OF_INTEGERS.split()},
    # With floats they are several operators, which correct the special values of the backends.
    **{name: (f"t.{name}(i, i)", f"t.{name}(i, 2)") for name in ("floor_divide", "remainder")},
    "bitwise_invert": ("t.bitwise_invert(i)", "t.bitwise_invert(b)"),
    "imag": ("t.imag(z)",),
    # Creation
    **{
        name: (
            f"t.{name}((2, 3))",
            f"t.{name}(3)",
            f"t.{name}(())",
            f"t.{name}((2, 3), dtype=t.float64)",
        )
        for name in ("empty", "zeros", "ones", "rand", "randn")
    },
    "full": (
        "t.full((2, 3), 1.5)",
        "t.full(3, 2)",
        "t.full((2,), 2, dtype=t.float32)",
        "t.full(3, True)",
    ),
    "eye": ("t.eye(3)", "t.eye(2, 3)", "t.eye(3, dtype=t.int64)"),
    "arange": (
        "t.arange(5)",
        "t.arange(1, 5)",
        "t.arange(0.0, 5.0, 0.5)",
        "t.arange(5, dtype=t.float32)",
    ),
    "linspace": ("t.linspace(0, 1, 5)", "t.linspace(0.0, 1.0, 5, dtype=t.float64, endpoint=False)"),
    **{
        f"{name}_like": (f"t.{name}_like(x)", f"t.{name}_like(x, dtype=t.int64)")
        for name in ("empty", "zeros", "ones")
    },
    "full_like": ("t.full_like(x, 1.5)", "t.full_like(i, 3)"),
    # Reductions
    **{
        name: (
            f"t.{name}(x)",
            f"t.{name}(x, axis=0)",
            f"t.{name}(x, axis=-1, keepdims=True)",
            f"t.{name}(x, axis=(0, 1))",
        )
        for name in ("sum", "prod", "mean", "max", "min", "all", "any", "var", "std")
    },
    "argmax": ("t.argmax(x)", "t.argmax(x, axis=0)", "t.argmax(x, axis=1, keepdims=True)"),
    "argmin": ("t.argmin(x)", "t.argmin(x, axis=0)", "t.argmin(x, axis=1, keepdims=True)"),
    "cumulative_sum": ("t.cumulative_sum(v)", "t.cumulative_sum(x, axis=1)"),
    "cumulative_prod": ("t.cumulative_prod(v)", "t.cumulative_prod(x, axis=1)"),
    # Joining, picking
    "concat": ("t.concat([x, y])", "t.concat((x, y), axis=1)", "t.concat([x, y], axis=-1)"),
    "stack": ("t.stack([x, y])", "t.stack((x, y), axis=1)"),
    "take": ("t.take(v, j)", "t.take(x, j, axis=0)"),
    "where": ("t.where(b, x, y)", "t.where(b, x, 0.0)"),
    "clip": ("t.clip(x, 0.0, 1.0)", "t.clip(x, 0, 1)", "t.clip(x, min=0.0)", "t.clip(x, y, y)"),
    "searchsorted": ("t.searchsorted(v, v)", "t.searchsorted(v, v, side='right')"),
    "isin": ("t.isin(x, y)",),
    "narrow": ("t.narrow(x, 1, 0, 2)",),
    "select": ("t.select(x, 0, 1)", "t.select(x, 0, -1)"),
    # Shape and order
    "reshape": ("t.reshape(x, (3, 2))", "t.reshape(x, (-1,))", "t.reshape(x, 6)"),
    "permute_dims": ("t.permute_dims(x, (1, 0))",),
    "matrix_transpose": ("t.matrix_transpose(x)",),
    "moveaxis": ("t.moveaxis(x, 0, 1)", "t.moveaxis(x, (0, 1), (1, 0))"),
    "expand_dims": ("t.expand_dims(x, 0)", "t.expand_dims(x, axis=-1)"),
    "squeeze": ("t.squeeze(r, 0)",),
    "broadcast_to": ("t.broadcast_to(x, (4, 2, 3))",),
    "flip": ("t.flip(x)", "t.flip(x, axis=0)", "t.flip(x, axis=(0, 1))"),
    "roll": ("t.roll(x, 1)", "t.roll(x, 1, axis=0)", "t.roll(x, (1, 1), axis=(0, 1))"),
    "tile": ("t.tile(x, (2, 2))",),
    "tril": ("t.tril(s)", "t.tril(s, k=1)"),
    "triu": ("t.triu(s)", "t.triu(s, k=-1)"),
    "sort": ("t.sort(x)", "t.sort(x, axis=0, descending=True)"),
    "argsort": ("t.argsort(x)", "t.argsort(x, axis=0, descending=True)"),
    "astype": ("t.astype(x, t.int64)", "t.astype(x, t.float32)"),
    # Products
    "matmul": ("t.matmul(s, x)", "t.matmul(x, v)"),
    "addmm": ("t.addmm(x, s, x)", "t.addmm(x, s, x, beta=0.5, alpha=2.0)"),
    "from_numpy": ("t.from_numpy(array)",),
    # Layers
    **{f"nn.{name}": (f"t.nn.{name}(x)",) for name in ("relu", "sigmoid", "silu", "tanh")},
    "nn.gelu": ("t.nn.gelu(x)", "t.nn.gelu(x, approximate='tanh')"),
    "nn.softmax": ("t.nn.softmax(x)", "t.nn.softmax(x, dim=0)"),
    "nn.log_softmax": ("t.nn.log_softmax(x)", "t.nn.log_softmax(x, 0)"),
    "nn.layer_norm": ("t.nn.layer_norm(x, (3,))", "t.nn.layer_norm(x, 3, v, v, 1e-6)"),
    "nn.linear": ("t.nn.linear(x, x)", "t.nn.linear(x, x, bias)"),
    "nn.embedding": ("t.nn.embedding(j, x)",),
    "nn.scaled_dot_product_attention": (
        "t.nn.scaled_dot_product_attention(x, x, x)",
        "t.nn.scaled_dot_product_attention(x, x, x, is_causal=True, scale=0.5)",
        "t.nn.scaled_dot_product_attention(x, x, x, s)",
        "t.nn.scaled_dot_product_attention(x, x, x, m)",
    ),
    # Linear algebra
    "linalg.diagonal": ("t.linalg.diagonal(x)", "t.linalg.diagonal(x, offset=1)"),
}

METHODS: dict[str, tuple[str, ...]] = {
    **{
        name: (f"x.{name}()", f"x.{name}(0)", f"x.{name}(axis=1, keepdims=True)", f"x.{name}((0, 1))")
        for name in ("sum", "prod", "mean", "max", "min", "all", "any", "var", "std")
    },
    "argmax": ("x.argmax()", "x.argmax(0)", "x.argmax(axis=1, keepdims=True)"),
    "argmin": ("x.argmin()", "x.argmin(0)", "x.argmin(axis=1, keepdims=True)"),
    "add": ("x.add(y)",),
    "mul": ("x.mul(y)",),
    "matmul": ("s.matmul(x)",),
    "relu": ("x.relu()",),
    "sigmoid": ("x.sigmoid()",),
    "tanh": ("x.tanh()",),
    "reshape": ("x.reshape(3, 2)", "x.reshape((3, 2))", "x.reshape(-1)"),
    "permute": ("x.permute(1, 0)", "x.permute((1, 0))"),
    "transpose": ("x.transpose(0, 1)", "x.transpose(-1, 0)"),
    "expand": ("x.expand(4, 2, 3)", "x.expand((4, 2, 3))"),
    "squeeze": ("r.squeeze(0)",),
    "narrow": ("x.narrow(1, 0, 2)",),
    "T": ("x.T",),
    "real": ("z.real",),
    "imag": ("z.imag",),
    "mT": ("x.mT",),
    "astype": ("x.astype(t.int64)", "x.astype(t.float32)"),
    "clone": ("x.clone()",),
    "__getitem__": (
        "x[0]", "x[-1]", "x[0:1]", "x[:, 0]", "x[None]", "x[j]", "x[b]", "x[..., 0]", "x[0:2, 0:1]",
    ),
    "__setitem__": ("x[0] = 1.0", "x[0:1] = 1.0", "x[0] = v", "x[b] = 0.0"),
    **{
        name: (f"x {sign} y", f"x {sign} 2.0", f"2.0 {sign} x")
        for name, sign in (
            ("__add__", "+"), ("__sub__", "-"), ("__mul__", "*"), ("__truediv__", "/"),
            ("__pow__", "**"), ("__eq__", "=="), ("__ne__", "!="),
            ("__lt__", "<"), ("__le__", "<="), ("__gt__", ">"), ("__ge__", ">="),
        )
    },
    **{
        name: (f"i {sign} i", f"i {sign} 2")
        for name, sign in (
            ("__floordiv__", "//"), ("__mod__", "%"), ("__and__", "&"), ("__or__", "|"),
            ("__xor__", "^"),
            ("__lshift__", "<<"), ("__rshift__", ">>"),
        )
    },
    "__matmul__": ("s @ x",),
    "__neg__": ("-x",),
    "__pos__": ("+x",),
    "__abs__": ("abs(x)",),
    "__invert__": ("~i",),
    **{
        name: (f"x {sign}= y", f"x {sign}= 2.0")
        for name, sign in (
            ("__iadd__", "+"), ("__isub__", "-"), ("__imul__", "*"), ("__itruediv__", "/"),
        )
    },
    **{
        name: (f"i {sign}= i", f"i {sign}= 1")
        for name, sign in (
            ("__iand__", "&"), ("__ior__", "|"), ("__ixor__", "^"),
            ("__ilshift__", "<<"), ("__irshift__", ">>"),
        )
    },
}  # fmt: skip

# Public names that are not one operation, by the reason.
SEVERAL: dict[str, str] = {
    "make no tensor": """
        Tensor FileFormatError HandleError TorchError UnavailableError __array_namespace_info__
        auto_detect_device autograd export inductor jit load load_safetensors safe_open save
        save_safetensors serialization
        bool broadcast_shapes can_cast complex64 complex128 diagnose dtypes e fallback_counts fft
        finfo float32 float64 get_backend get_num_threads iinfo inf int8 int16 int32 int64 isdtype
        linalg manual_seed memory_stats nan newaxis nn nn.utils ops optim pi result_type set_num_threads
        tensor_free torch_available torch_cuda_available torch_version uint8 uint16 uint32 uint64
        use_backend utils enable_grad inference_mode is_grad_enabled no_grad
        nn.Parameter set_grad_enabled
    """,
    "inspect their argument first": "asarray from_dlpack",
    "call other functions of the namespace": "torch_ones torch_randn torch_zeros",
    "are several operators": "diff unique_all linalg.outer",
}
OTHER_METHODS: dict[str, str] = {
    "are PyTorch's names, of functions that are counted or of operators by name": " ".join(
        _torch_methods.METHODS
    ),
    "are operators of ATen by name": " ".join(at_first_use.NAMES),
    "are attributes": """
        H imag mH real
        backend device dtype is_contiguous is_cuda itemsize nbytes ndim numel shape size strides
    """,
    "give no tensor": "item numpy tolist",
    "are of gradients": """
        requires_grad grad grad_fn data is_leaf requires_grad_ detach retain_grad backward register_hook
    """,
    "check the layout or device first": "contiguous cpu cuda to_device view",
}
# NumPy lacks these operations, or checks less: the primitive itself calls several functions.
COMPUTED_IN_PYTHON = {"t.nn.gelu(x)"} | {
    statement
    for name, statements in FUNCTIONS.items()
    if name.partition(".")[0]
    in ("fft", "linalg", "broadcast_arrays", "meshgrid", "nonzero", "unstack", "vecdot")
    or name in ("unique_counts", "unique_inverse")
    for statement in statements
}
