"""PyTorch's names for methods of Tensor do what PyTorch's methods do."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import torchffi
from torchffi._torch_methods import METHODS
from torchffi._torch_names import _DTYPES, _STANDARD

# x, y, v, i, b, s: see values(). On the other backend, those marked with "#" are LibTorch's alone.
UNARY = [
    "abs",
    "acosh",
    "asinh",
    "atan",
    "ceil",
    "cos",
    "cosh",
    "erf",
    "exp",
    "expm1",
    "floor",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "neg",
    "reciprocal",
    "round",
    "rsqrt",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "trunc",
]
BINARY = [
    "atan2",
    "copysign",
    "div",
    "divide",
    "eq",
    "floor_divide",
    "ge",
    "gt",
    "hypot",
    "le",
    "logaddexp",
    "logical_and",
    "logical_or",
    "logical_xor",
    "lt",
    "maximum",
    "minimum",
    "multiply",
    "ne",
    "nextafter",
    "pow",
    "remainder",
    "sub",
    "subtract",
]
WITH_NUMBERS = ["div", "eq", "ge", "gt", "le", "lt", "multiply", "ne", "pow", "remainder", "sub"]
CALLS = [
    *(f"x.{name}()" for name in UNARY),
    *(f"u.{name}()" for name in ("acos", "asin", "atanh")),
    *(f"x.{name}(y)" for name in BINARY),
    *(f"x.{name}(2.0)" for name in WITH_NUMBERS),
    *(f"i.{name}(i)" for name in ("bitwise_and", "bitwise_or", "bitwise_xor")),
    "i.bitwise_not()", "b.bitwise_not()",
    "x.amax(1)", "x.amax(dim=0, keepdim=True)", "x.amin(dim=(0, 1))", "x.argsort(descending=True)",
    "x.argsort()", "v[0].argsort()",
    "r.bmm(r.transpose(1, 2))", "x.chunk(2)", "x.chunk(2, dim=1)", "x.split(1)", "x.split([1, 2], 1)",
    "x.chunk(5, -1)", "x.split(2, -1)", "x.unbind()", "x.unbind(1)",
    "x.clamp(1.5, 3.0)", "x.clamp(min=2.0)", "x.clamp(max=y)",
    "x.clamp_max(2.0)", "x.clamp_min(2.0)", "x.cumprod(1)", "x.cumsum(0)", "x.cumsum(dim=1)",
    "x.diagonal()", "v.dot(v)", "v.expand_as(x)", "x.flatten()", "r.flatten(1)", "r.flatten(0, 1)",
    "x.gather(1, i % 3)", "x.index_select(1, j)", "x.log_softmax(1)", "x.softmax(dim=0)",
    "x.logsumexp(1)", "x.masked_fill(b, 0.5)", "x.masked_select(b)", "x.mm(x.t())", "x.t()",
    "x.movedim(0, 1)", "x.mv(v)", "x.norm()", "x.norm(dim=1)", "x.norm(1, [0], True)",
    "v.outer(v)",
    "v.repeat_interleave(2)", "x.scatter(1, i % 3, 7.0)", "x.scatter(1, i % 3, y)",
    "x.scatter_add(1, i % 3, y)", "x.index_add(1, j, x[:, :2])", "x.tril()", "x.triu(1)",
    "x.unflatten(1, (3, 1))", "x.unfold(1, 2, 1)", "x.unsqueeze(0)", "x.unsqueeze(-1)",
    "x.topk(2)", "x.topk(2, dim=1, largest=False).indices", "x.sort()",
    "x.sort(dim=0, descending=True).values", "x.kthvalue(2)", "x.mode() #", "x.cummax(1)",
    "x.cummin(1).values", "x.dim()", "x.nelement()", "x.element_size()", "x.is_floating_point()",
    "i.is_floating_point()", "x.is_complex()", "x.repeat(2, 3)", "x.repeat((2, 1, 1))", "x.flip(0, 1)",
    "x.flip([1])", "x.view_as(v.repeat(2))", "x.reshape_as(x.t())", "v.broadcast_to((2, 3))",
    "x.new_zeros(2, 3)", "x.new_ones((4,))", "x.new_zeros(2, dtype=library.int64)", "x.type_as(i)",
    "x.to(library.float64)", "x.to('cpu')", "x.to('cpu', library.int64)", "x.to(i)",
    "x.to(dtype=library.float64, copy=True)", "x.to(device='cpu')",
    *(f"x.{name}()" for name in ("bool", "double", "float", "int", "long", "short")),
    *(f"x.{name}()" for name in ("byte", "cdouble", "cfloat", "char", "ndimension", "stride")),
    "x.t().stride(0)", "x.where(b, y)", "x.where(b, 0.0)",
    *(f"x.clone().{name}_(y)" for name in ("add", "sub", "mul", "div", "copy")),
    *(f"x.clone().{name}_(2.0)" for name in ("add", "sub", "mul", "div")),
    "x.clone().add_(y, alpha=0.5)", "x.clone().clamp_(1.5, 3.0)", "x.clone().zero_()",
    "x.clone().fill_(4.0)", "x.clone().masked_fill_(b, 0.0)",
    "x.clone().index_add_(1, j, x[:, :2])",
    "x.clone().index_copy_(1, j, x[:, :2])", "x.clone().index_fill_(1, j, 3.0)",
    "x.clone().scatter_(1, i % 3, 7.0)", "x.clone().scatter_add_(1, i % 3, y)",
    *(f"x.clone().{name}_()" for name in ("abs", "exp", "log", "neg")),
    *(f"x.clone().{name}_()" for name in ("relu", "sigmoid", "sqrt", "tanh")),
]  # fmt: skip
CALLS += [
    *(
        f"x.{name}({given})"
        for name in ("sum", "prod", "mean", "argmax", "argmin")
        for given in ("dim=1, keepdim=True", "1, True", "-1, keepdim=True")
    ),
    *(f"(x > 0).{name}(1, True)" for name in ("all", "any")),
    *(f"b.{name}(dim=1)" for name in ("all", "any")),
    "x.sum(dim=[0, 1])", "x.sum(0)", "x.mean(dim=(0, 1))", "x.sum(dim=-1, dtype=library.float64)",
    *(
        f"x.{name}({given})"
        for name in ("var", "std")
        for given in (
            "dim=1, correction=1", "1, correction=1, keepdim=True", "dim=0, unbiased=False",
            "unbiased=True", "dim=(0, 1), unbiased=True, keepdim=True", "0, correction=1",
        )
    ),
    "r.expand(4, -1, -1)", "r.expand(-1, 2, 3)", "v.expand(2, -1)", "r.expand((2, 1, -1, 3))",
    "r[:, :, :0].expand(3, -1, -1)", "v.expand(-1)",
    "x.squeeze()", "r.squeeze()", "r.squeeze(0)", "r[:1].squeeze()", "r[:1].mT.squeeze()",
    "r[:1, :1].squeeze()", "r[:0, :1].squeeze()", "r[:1, :0].flatten(1)", "r.mT.flatten(1)",
    "r.flatten(2)",
]  # fmt: skip
CALLS += [
    "x.addcdiv(y, x)", "x.addcmul(y, x, value=0.5)", "x.addmm(x, x.t() @ x)", "x.allclose(x)",
    "x.allclose(y, atol=0.5)", "x.angle() #", "x.argwhere()", "b.argwhere()",
    "r.baddbmm(r, r.mT @ r)", "j.bincount(minlength=4)", "x.clip(2.0, 3.0)", "x.clip(min=2.0)",
    "x.clip(max=y)", "x.conj()", "b.count_nonzero()", "b.count_nonzero(1)",
    "(x @ x.t()).det()", "v.diag()", "v.diff()", "x.diff(dim=0)", "x.digamma() #",
    "u.erfc() #", "u.erfinv() #", "x.exp2()", "x.fmod(2.0)", "x.fmod(y)", "x.frac()",
    "x.index_copy(1, j, y[:, :2])", "x.index_fill(1, j, 3.0)", "v.inner(v) #",
    "(x @ x.t()).inverse()", "x.isclose(y, atol=0.5)", "x.kron(v)", "x.lerp(y, 0.25)",
    "x.lgamma() #", "u.logit()", "x.masked_scatter(b, y)", "x.median()", "x.median(1).values",
    "x.median(dim=1, keepdim=True)", "(v == 4.0).float().multinomial(1) #",
    "(x / (x - 4.0)).nan_to_num()", "x.quantile(0.5)", "x.quantile(0.25, dim=1)", "x.ravel()",
    "x.t().ravel()", "x.roll(1)", "x.roll(1, 0)", "x.roll((1, 2), dims=(0, 1))",
    "r.swapaxes(0, -1)", "x.tile((2, 1))", "x.tile(2)", "x.tile(2, 1, 1)", "(x @ x.t()).trace()",
    "x.clone().addcdiv_(y, x)", "x.clone().addcmul_(y, x)", "x.clone().ceil_()",
    "x.clone().clamp_max_(2.0)", "x.clone().clamp_min_(y)", "x.clone().cos_()",
    "x.clone().fill_diagonal_(9.0)", "x.clone().floor_()",
    "x.clone().index_put_((i[:, 0] % 2, j), v[:2])", "x.clone().lerp_(y, 0.25)",
    "x.clone().pow_(2.0)", "x.clone().pow_(y)", "x.clone().reciprocal_()", "x.clone().remainder_(2.0)",
    "x.clone().remainder_(y)", "x.clone().round_() #", "x.clone().rsqrt_()", "x.clone().sin_()",
    "x.clone().square_()", "x.clone().tril_() #", "x.clone().triu_(1) #",
    "(x * 1j).imag", "(x + 2j).real", "x.real",
]  # fmt: skip
RANDOM = {"normal_", "uniform_"}  # tests/nn/test_init.py
OF_HALF = {"half", "bfloat16"}


def values(library: Any) -> dict[str, Any]:
    x = np.array([[1.5, 4.0, 2.25], [3.0, 1.25, 5.5]], "float32")
    arrays = {
        "x": x, "y": x[::-1].copy() - 0.25, "u": x / 8, "v": x[0].copy(), "r": x.reshape(1, 2, 3).copy(),
        "i": np.arange(6).reshape(2, 3), "j": np.array([2, 0]), "b": x > 2,
    }  # fmt: skip
    return {**{name: library.asarray(array) for name, array in arrays.items()}, "library": library}


def plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    return value.numpy() if hasattr(value, "numpy") else value


def test_every_method_has_a_call() -> None:
    text = " ".join(CALLS)
    missing = {name for name in METHODS if f".{name}(" not in text}
    assert missing == RANDOM | OF_HALF


@pytest.mark.parametrize("call", CALLS)
def test_results_are_those_of_pytorch(call: str, backend: str, torch: Any) -> None:
    call, _, alone = call.partition(" #") if call.endswith("#") else (call, "", None)
    expected = plain(eval(call, values(torch)))
    if backend == "numpy" and alone is not None:
        with pytest.raises(torchffi.UnavailableError, match="only LibTorch has it"):
            eval(call, values(torchffi))
        return
    found = plain(eval(call, values(torchffi)))
    for mine, theirs in zip(*map(_listed, (found, expected)), strict=True):
        if isinstance(theirs, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_allclose(mine, theirs, rtol=2e-6, atol=1e-6, strict=True)
        else:
            assert mine == theirs


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def test_conj_is_the_complex_conjugate(backend: str) -> None:
    assert torchffi.asarray([1 + 2j, 3j]).conj().tolist() == [1 - 2j, -3j]


def test_half_precision(backend: str) -> None:
    x = torchffi.ones(2)
    assert x.half().dtype is torchffi.dtypes.float16
    if backend == "ffi":
        assert x.bfloat16().dtype is torchffi.dtypes.bfloat16


def test_to_returns_the_tensor_itself_if_it_can(backend: str) -> None:
    x = torchffi.ones(2)
    assert x.to("cpu") is x.to(torchffi.float32) is x.float() is x.to(x) is x
    assert x.to(torchffi.float32, copy=True) is not x
    for arguments, named in (((3.5,), {}), ((), {"layout": 1})):
        with pytest.raises(TypeError, match="to: expected a device, a dtype or a tensor"):
            x.to(*arguments, **named)


def test_gradients_flow_through_them(ffi_backend: None, torch: Any) -> None:
    found = []
    for library in (torchffi, torch):
        x = values(library)["x"].requires_grad_()
        y = x.flatten(0).unsqueeze(1).exp().repeat(1, 2).topk(1, 1).values.clamp(max=9.0).double()
        y.sum().backward()
        found.append(x.grad.numpy())
    np.testing.assert_allclose(*found, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("max", r"max: PyTorch's max\(dim\) returns values and indices; use amax"),
        ("min", r"min: PyTorch's min\(dim\) returns values and indices; use amin"),
        ("var", r"var: PyTorch's var\(dim\) has a correction of 1 by default"),
        ("std", r"std: PyTorch's std\(dim\) has a correction of 1 by default"),
    ],
)
def test_what_has_another_meaning_is_refused(backend: str, call: str, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        getattr(torchffi.ones((2, 2)), call)(dim=1)


def test_axis_and_dim_exclude_each_other(backend: str) -> None:
    with pytest.raises(TypeError, match="sum: axis is 0 and dim is 1; give one of them"):
        torchffi.ones((2, 2)).sum(0, dim=1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cat", "; the Array API standard's name is torchffi.concat"),
        ("float", r"; the dtype is torchffi.float32, the method x.float\(\)"),
        ("half", r"; the dtype is torchffi.dtypes.float16, the method x.half\(\)"),
        ("float16", "; it is torchffi.dtypes.float16"),
        ("flatten", r"; it is a method: x.flatten\(...\)"),
        ("pad", "; it is torchffi.nn.functional.pad"),
        ("einsum", "; LibTorch's operator is torchffi.ops.aten.einsum"),
        ("nonsense", ""),
        ("_private", ""),
    ],
)
def test_missing_names_say_what_to_write(ffi_backend: None, name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"'torchffi' has no attribute '{name}'{hint}$"):
        getattr(torchffi, name)


def test_what_to_write_instead_exists() -> None:
    assert [name for name in _STANDARD.values() if name not in torchffi.__all__] == []
    assert [name for name in _STANDARD if name in torchffi.__all__] == []
    for path in _DTYPES.values():
        assert isinstance(attrgetter(path)(torchffi), torchffi.dtypes.DType)


@pytest.mark.parametrize(
    "call", ["amax()", "amin()", "amax(keepdim=True)", "amax((0, 1))", "amin(-1)"]
)
def test_extremes_are_those_of_pytorch_also_of_all_axes(
    call: str, backend: str, torch: Any
) -> None:
    array = np.array([[1.0, 5.0], [3.0, 2.0]], np.float32)
    expected = eval(f"x.{call}", {"x": torch.from_numpy(array.copy())})
    found = eval(f"x.{call}", {"x": torchffi.asarray(array)})
    assert found.shape == tuple(expected.shape) and found.tolist() == expected.tolist()


def test_methods_with_a_c_function_return_lists_and_views(ffi_backend: None) -> None:
    x = torchffi.asarray(np.array([[1.0, 5.0], [3.0, 2.0]], np.float32))
    rows = x.unbind()
    assert type(rows) is list and [row.tolist() for row in rows] == x.tolist()
    x.diagonal()[0] = 7.0
    assert x.tolist()[0][0] == 7.0
    with pytest.raises(TypeError):
        x.amax(None)


def _outcome(call: Any) -> Any:
    """The shapes of the results of a call, or the class of its error."""
    try:
        found = call()
    except Exception as error:
        return type(error)
    return [one.shape for one in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize("shape", [(6,), (2, 6), (4, 3, 2), (0, 3), (3, 0), (), (1, 1)])
def test_methods_in_one_step_do_what_the_operators_do(
    shape: tuple[int, ...], ffi_backend: None
) -> None:
    aten, x = torchffi.ops.aten, torchffi.zeros(shape)
    numbers: list[Any] = [-1, 0, 1, 2, 3, 7, 2**40, 2**62, 2**64, 1.5, None]
    sizes: list[Any] = [
        (-1,), (2, -1), (3, 2), (2, 3), (-1, -1), (0, -1), (-2, 3), (), (1, 6), (4,), (0,), (-1, 4),
        (0, 5), [2, 3], (-1, 0), (2.0, 3), None,
    ]  # fmt: skip
    for axis in (*range(-4, 4), None):
        calls = [("chunk", aten.chunk, n) for n in numbers]
        calls += [("split", aten.split, n) for n in numbers]
        calls += [("unflatten", aten.unflatten, n) for n in sizes]
        for name, operator, given in calls:
            found = _outcome(lambda: getattr(x, name)(given, axis))  # noqa: B023
            expected = _outcome(lambda: operator(x, given, axis))  # noqa: B023
            if name == "unflatten":
                found = _outcome(lambda: x.unflatten(axis, given))  # noqa: B023
                expected = _outcome(lambda: operator(x, axis, given))  # noqa: B023
            assert found == expected, (name, given, axis)


def test_parts_of_a_recorded_tensor_are_those_of_one_operation(ffi_backend: None) -> None:
    w = torchffi.ones((4, 2)).requires_grad_()
    for parts in (w.chunk(2), w.split(2)):
        assert [part.grad_fn.name() for part in parts] == ["SplitBackward0"] * 2
        with pytest.raises(torchffi.TorchError, match="multiple views"):
            parts[0] *= 2.0


def test_values_of_several_shapes_and_dtypes_are_not_mixed_up(ffi_backend: None) -> None:
    for round_ in range(2):
        for shape in ((), (0,), (2, 0), (3,), (2, 2), (1, 4), *((n, 1) for n in range(1, 80))):
            for name in ("float32", "int64", "bool", "complex64", "int8"):
                array = (np.arange(np.prod(shape, dtype=int)) + round_).reshape(shape).astype(name)
                x = torchffi.asarray(array)
                assert x.tolist() == array.tolist()
        assert torchffi.asarray(np.arange(6).reshape(2, 3)).mT.tolist() == [[0, 3], [1, 4], [2, 5]]
