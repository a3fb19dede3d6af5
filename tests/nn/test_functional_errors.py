"""Errors of nn.functional: the same class on both backends, and the function's name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.nn.calls import operands, split

# The class of the error, then calls. The operands are those of calls.py, and ``d`` a float64 tensor.
WRONG: dict[type[Exception], str] = {
    TypeError: """
        f.elu([1.0]); f.conv2d(1, w2); f.mse_loss(x, 3.0); f.embedding(e, i); f.embedding(x, e)
        f.softsign('x'); f.tanhshrink(None); f.normalize(3); f.pad([1], (1, 1))
        f.batch_norm(0, v, v); f.dropout('x'); f.max_pool2d([1], 2); f.embedding_bag(e, i)
        f.relu(3); f.gelu(n); f.softmax(n, 0); f.cross_entropy([1], n)
        f.adaptive_avg_pool2d(1, 2); f.relu(x, 1, 2); f.conv2d(b)
    """,
    IndexError: """
        f.cross_entropy(s, n + 2); f.nll_loss(s, n - 1); f.embedding(i * 9, e)
        f.embedding_bag(i * 9, e); f.softmax(x, 2); f.log_softmax(x, dim=-3)
        f.normalize(x, dim=5); f.embedding(i, e, padding_idx=9); f.nll_loss(s[0], n[1] * 9)
        f.glu(a, 4); f.cosine_similarity(x, y, dim=4)
    """,
    ValueError: """
        f.mse_loss(x, y, reduction='avg'); f.cross_entropy(s, n, reduction='max')
        f.kl_div(x, p, reduction=''); f.gaussian_nll_loss(x, y, -1.0)
        f.gaussian_nll_loss(x, y, v); f.huber_loss(x, y, delta=-1.0); f.mse_loss(x, y, weight=v)
        f.smooth_l1_loss(x, y, beta=-1.0); f.binary_cross_entropy(x * 9, p)
        f.binary_cross_entropy(p, p[0]); f.binary_cross_entropy_with_logits(x, p[:, :1])
        f.cross_entropy(s, n[:3]); f.cross_entropy(s, n, h[:2])
        f.cross_entropy(s, n, label_smoothing=2.0); f.nll_loss(s, n[:3])
        f.cosine_embedding_loss(x, y, g); f.margin_ranking_loss(x, y, g[0]); f.conv2d(b, w3)
        f.conv2d(b, w2[:, :3]); f.conv2d(b, w2, h[:2]); f.conv2d(b, w2, stride=0)
        f.conv2d(b, w2, padding='full'); f.conv2d(b, w2, 1, 2, 'same')
        f.conv2d(b, w2, stride=2, padding='same'); f.conv1d(a, w1, dilation=9); f.conv2d(x, w2)
        f.conv2d(b, w2, groups=3); f.conv2d(b, w2, padding=-1); f.conv2d(b, w2, stride=(1, 2, 3))
        f.conv_transpose2d(b, t2[:3]); f.conv2d(b, d); f.conv_transpose1d(a, t1, output_padding=3)
        f.conv_transpose2d(b, t2, h[:2]); f.max_pool2d(b, 9); f.max_pool2d(x, 2)
        f.max_pool2d(b, 3, padding=2); f.avg_pool2d(b, 0); f.avg_pool2d(b, 2, divisor_override=0)
        f.avg_pool1d(a, 2, padding=2); f.adaptive_avg_pool2d(b, (1, 2, 3))
        f.batch_norm(b, None, None); f.batch_norm(b, v[:2], v[:2])
        f.batch_norm(b[:1, :, 0, 0], v, v, training=True); f.batch_norm(b, v, v, h[:2])
        f.group_norm(b, 3); f.group_norm(b, 2, h[:2]); f.rms_norm(x, (4,))
        f.instance_norm(b[:, :, :1, :1]); f.local_response_norm(x, 2); f.layer_norm(x, (4,))
        f.dropout(x, 1.5); f.dropout2d(b, -0.5); f.dropout1d(x[0]); f.pad(b, (1, 2, 3))
        f.pad(x, (1,) * 6); f.pad(b, (1, 2), 'mirror'); f.pad(a, (9, 9), 'reflect')
        f.pad(a, (9, 0), 'circular'); f.pad(x, (-9, 0)); f.pixel_shuffle(b, 3)
        f.pixel_unshuffle(b, 4); f.unfold(b, 9); f.fold(a, (3, 3), 2); f.prelu(x, v); f.glu(x, 1)
        f.celu(x, 0.0); f.softshrink(x, -1.0); f.one_hot(n - 1); f.one_hot(n, 2)
        f.bilinear(x, y, t2[..., 0]); f.embedding_bag(i, e, mode='min'); f.embedding_bag(i, e, o)
        f.embedding_bag(i, e, per_sample_weights=x); f.interpolate(b); f.interpolate(b, 3, 2.0)
        f.interpolate(b, 3, align_corners=True); f.interpolate(b, (3, 3, 3))
        f.interpolate(a, 3, antialias=True); f.normalize(x, out=y); f.triplet_margin_loss(x, y, b)
        f.softmax(x, 0, axis=1)
    """,
    NotImplementedError: """
        f.elu(n); f.mish(n); f.interpolate(b, 3, mode='linear'); f.interpolate(x, 3)
        f.embedding(i, e, sparse=True); f.softplus(n); f.glu(n[:4])
    """,
}  # fmt: skip
CASES = [(call, kind) for kind, calls in WRONG.items() for call in split(calls)]


@pytest.mark.filterwarnings("ignore:.*they are broadcast")
@pytest.mark.parametrize(("call", "kind"), CASES)
def test_wrong_arguments(call: str, kind: type[Exception], backend: str) -> None:
    given = {name: t.asarray(array) for name, array in operands("float32").items()}
    given["d"] = t.asarray(operands("float64")["w2"])
    name = call[2:].partition("(")[0]
    with pytest.raises(kind) as error:
        eval(call, {"f": t.nn.functional, **given})
    if "argument" not in str(error.value):  # Python's own errors
        assert str(error.value).startswith(f"{name}: "), str(error.value)
        assert isinstance(error.value, t.TorchError)
        assert len(str(error.value)) > len(name) + 12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("f.embedding(e, i)", r"embedding: input has dtype float32, expected integers; "
         r"the arguments are \(input, weight\)"),
        ("f.mse_loss(x, y, reduction='avg')",
         "mse_loss: reduction is 'avg', expected 'none', 'mean'"),
        ("f.elu([1.0])", r"elu: expected a Tensor, got list; make one with torchffi.asarray\(\)"),
        ("f.dropout(x, 2)", "dropout: p is 2, expected a probability from 0 to 1"),
    ],
)  # fmt: skip
def test_messages_say_what_to_do(call: str, message: str, backend: str) -> None:
    given = {name: t.asarray(array) for name, array in operands("float32").items()}
    with pytest.raises(t.TorchError, match=message):
        eval(call, {"f": t.nn.functional, **given})


def test_the_class_out_of_bounds_is_named(backend: str) -> None:
    with pytest.raises(IndexError, match=r"(?i)cross_entropy: target 7 is out of bounds"):
        t.nn.functional.cross_entropy(t.ones((2, 3)), t.asarray([1, 7]))


@pytest.mark.parametrize(
    "call",
    ["f.interpolate(b, 3, mode='bicubic', antialias=True)", "f.ctc_loss(l, r, [6, 5], [2, 3])"],
)
def test_what_numpy_lacks_is_unavailable(call: str, numpy_backend: None) -> None:
    given = {name: t.asarray(array) for name, array in operands("float32").items()}
    name = call[2:].partition("(")[0]
    with pytest.raises(t.UnavailableError, match=f"{name}: only LibTorch has it"):
        eval(call, {"f": t.nn.functional, **given})


def test_shapes_that_are_broadcast_warn(backend: str) -> None:
    with pytest.warns(UserWarning, match=r"l1_loss: target has shape \(3,\) and input \(2, 3\)"):
        loss = t.nn.functional.l1_loss(t.ones((2, 3)), t.zeros(3), reduction="sum")
    assert loss.item() == 6


def test_operands_of_two_backends_compute_on_libtorch(ffi_backend: None, torch: Any) -> None:
    array = operands("float32")["b"]
    with t.use_backend("numpy"):
        x, mean, var = t.asarray(array), t.zeros(4), t.ones(4)
    weight = t.asarray(operands("float32")["w2"])
    expected = torch.nn.functional.conv2d(*map(torch.from_numpy, (array, weight.numpy())))
    assert t.nn.functional.conv2d(x, weight).backend == "ffi"
    np.testing.assert_array_equal(t.nn.functional.conv2d(x, weight).numpy(), expected.numpy())
    wanted = [torch.zeros(4), torch.ones(4)]
    torch.nn.functional.batch_norm(torch.from_numpy(array), *wanted, training=True)
    t.nn.functional.batch_norm(t.asarray(array), mean, var, training=True)
    np.testing.assert_array_equal(mean.numpy(), wanted[0].numpy())
    np.testing.assert_array_equal(var.numpy(), wanted[1].numpy())
