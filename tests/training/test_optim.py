"""The optimizers, step by step as PyTorch's."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest

import torchffi as tf

pytestmark = pytest.mark.usefixtures("ffi_backend")
torch = pytest.importorskip("torch")

from tests.training.optimizers import CASES, OPTIONS, SAME, Pair, to_array, to_ours  # noqa: E402  (imports torch)

IDS = [f"{name}-{'-'.join(options) or 'defaults'}" for name, options in CASES]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_steps_are_those_of_pytorchs_same_kernels(
    name: str, options: dict[str, Any], dtype: str
) -> None:
    pair = Pair(name, options, dtype, SAME[name])
    pair.run(60)
    pair.check_equal()


@pytest.mark.parametrize("missing", [False, True], ids=["all gradients", "some gradients"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_200_steps_are_close_to_pytorchs_default(
    name: str, options: dict[str, Any], missing: bool
) -> None:
    pair = Pair(name, options)
    pair.run(200, missing)
    pair.check_close(1e-6)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_complex_parameters(name: str, options: dict[str, Any], dtype: str) -> None:
    pair = Pair(name, options, dtype)
    pair.run(20, missing=True)
    pair.check_close(1e-6 if dtype == "complex64" else 1e-14)


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_parameters_and_gradients_of_any_strides(name: str) -> None:
    options = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    big = np.random.default_rng(1).standard_normal((6, 8))
    theirs = [torch.tensor(big)[:, ::2], torch.tensor(big).T, torch.tensor(big)]
    ours = [
        tf.from_numpy(big.copy())[:, ::2],
        tf.from_numpy(big.copy()).T,
        tf.from_numpy(big.copy()),
    ]
    theirs = [one.detach().requires_grad_() for one in theirs]
    ours = [one.detach().requires_grad_() for one in ours]
    own = getattr(tf.optim, name)(ours, lr=0.1, **options)
    other = getattr(torch.optim, name)(theirs, lr=0.1, **options)
    for step in range(10):
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            whole = np.random.default_rng([step, i]).standard_normal(b.shape)
            spread = np.repeat(whole, 2, axis=-1)
            b.grad = torch.tensor(whole)
            a.grad = tf.from_numpy(spread)[..., ::2]
        own.step()
        other.step()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), 1e-13)
        for key, value in own.state[a].items():
            if key not in ("step", "mu_product"):
                assert value.strides == a.strides or not a.is_contiguous()


def test_one_optimizer_with_several_dtypes_and_groups() -> None:
    found = []
    for library in (tf, torch):

        def ones(dtype: str, library: Any = library) -> Any:
            return library.ones(3, dtype=getattr(library, dtype)).requires_grad_()

        groups: list[dict[str, Any]] = [
            {"params": [ones("float32"), ones("float64")], "lr": 0.1},
            {"params": ones("float64"), "betas": (0.5, 0.6), "weight_decay": 0.1},
            {"params": (("name", one) for one in ())},
        ]  # fmt: skip
        optimizer = library.optim.Adam(groups[:2], lr=0.01)
        optimizer.add_param_group({"params": ones("float32"), "maximize": True})
        for step in range(5):
            for group in optimizer.param_groups:
                for one in group["params"]:
                    one.grad = (one.detach() * (step + 1)).clone()
            optimizer.step()
        found.append([one for group in optimizer.param_groups for one in group["params"]])
    for own, other in zip(*found, strict=True):
        np.testing.assert_allclose(to_array(own), to_array(other), 1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.1},
        {"history_size": 3, "max_iter": 30},
        {"line_search_fn": "strong_wolfe"},
        {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 4, "lr": 0.5},
        {"line_search_fn": "strong_wolfe", "max_eval": 7, "tolerance_grad": 1e-3},
    ],
)
def test_lbfgs_steps_as_pytorchs(options: dict[str, Any], dtype: str) -> None:
    results = []
    for library in (tf, torch):
        kind = getattr(library, dtype)
        x = library.asarray([-1.5, 2.0], dtype=kind).requires_grad_()
        y = library.asarray([[0.5], [-1.0]], dtype=kind).requires_grad_()
        unused = library.ones(2, dtype=kind).requires_grad_()
        optimizer = library.optim.LBFGS([x, y, unused], **options)
        losses = []

        def closure(
            x: Any = x, y: Any = y, optimizer: Any = optimizer, losses: Any = losses
        ) -> Any:
            optimizer.zero_grad()
            # Rosenbrock's function, and a bowl
            loss = (
                ((1 - x[0]) ** 2 + 10 * (x[1] - x[0] ** 2) ** 2)
                + ((y - 0.3) ** 4).sum()
                + (y * y).sum()
            )
            loss.backward()
            losses.append(float(loss.detach()))
            return loss

        for _ in range(5):
            first = float(optimizer.step(closure).detach())
            assert first in losses
        state = optimizer.state[x]
        results.append(
            (losses, x, y, {key: state[key] for key in ("func_evals", "n_iter")}, set(state))
        )
    (own, x, y, counts, keys), (other, x2, y2, counts2, keys2) = results
    assert keys == keys2
    tolerance = 1e-3 if dtype == "float32" else 1e-6
    np.testing.assert_allclose(own[:10], other[:10], 1e-5 if dtype == "float32" else 1e-10)
    np.testing.assert_allclose(to_array(x), to_array(x2), tolerance, tolerance)
    np.testing.assert_allclose(to_array(y), to_array(y2), tolerance, tolerance)
    if dtype == "float64":
        assert counts == counts2
        assert len(own) == len(other)


def test_lbfgs_needs_a_closure_and_one_group() -> None:
    one, two = tf.ones(2).requires_grad_(), tf.ones(2).requires_grad_()
    with pytest.raises(TypeError, match=r"LBFGS: step\(\) needs a closure"):
        tf.optim.LBFGS([one]).step()
    with pytest.raises(ValueError, match="LBFGS: 2 groups"):
        tf.optim.LBFGS([{"params": one}, {"params": two}])
    with pytest.raises(ValueError, match="line_search_fn is 'x'"):
        tf.optim.LBFGS([one], line_search_fn="x").step(lambda: 0)


def test_closure_is_called_with_gradients_recorded() -> None:
    x = tf.asarray([1.0, 2.0]).requires_grad_()
    optimizer = tf.optim.SGD([x], lr=0.1)

    def closure() -> tf.Tensor:
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with tf.no_grad():
        assert float(optimizer.step(closure)) == 5.0
        assert not tf.is_grad_enabled()
    assert tf.is_grad_enabled()
    np.testing.assert_allclose(x.detach().numpy(), [0.8, 1.6], 1e-6)
    assert x.requires_grad
    assert x.is_leaf


def test_zero_grad_removes_gradients_or_fills_them() -> None:
    x, y = tf.ones(2).requires_grad_(), tf.ones(2).requires_grad_()
    optimizer = tf.optim.SGD([x, y], lr=0.1)
    (x * x).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0, 0]
    assert y.grad is None
    (x**3).sum().backward(create_graph=True)
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0, 0]
    assert x.grad.grad_fn is None
    optimizer.zero_grad()
    assert x.grad is None


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("SGD", {"lr": -1}, "lr is -1, expected >= 0"),
        ("SGD", {"momentum": -0.5}, "momentum is -0.5"),
        ("SGD", {"weight_decay": -1}, "weight_decay is -1"),
        ("SGD", {"nesterov": True}, "nesterov needs momentum"),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov needs momentum"),
        ("Adam", {"lr": float("nan")}, "lr is nan"),
        ("Adam", {"lr": "fast"}, "lr is 'fast' \\(str\\), expected a number"),
        ("Adam", {"betas": (1.0, 0.9)}, r"betas\[0\] is 1\.0, expected >= 0 and < 1"),
        ("Adam", {"betas": (0.9, -1)}, r"betas\[1\] is -1"),
        ("Adam", {"betas": 0.9}, "betas is 0.9"),
        ("AdamW", {"eps": -1}, "eps is -1"),
        ("AdamW", {"weight_decay": -1}, "weight_decay is -1"),
        ("AdamW", {"foreach": True, "fused": True}, "fused and foreach are both True"),
        ("RMSprop", {"alpha": -1}, "alpha is -1"),
        ("RMSprop", {"momentum": -1}, "momentum is -1"),
        ("Adagrad", {"lr_decay": -1}, "lr_decay is -1"),
        ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value is -1"),
        ("LBFGS", {"lr": -1}, "lr is -1"),
        ("Adadelta", {"rho": 1.5}, "rho is 1.5, expected >= 0 and <= 1"),
        ("Adamax", {"betas": (0.9,)}, r"betas is \(0.9,\)"),
        ("NAdam", {"momentum_decay": -1}, "momentum_decay is -1"),
        ("RAdam", {"betas": (0.9, 1)}, r"betas\[1\] is 1, expected >= 0 and < 1"),
    ],
)
def test_wrong_options_are_refused(name: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"^{name}: {text}") as caught:
        getattr(tf.optim, name)([tf.ones(1).requires_grad_()], **options)
    assert isinstance(caught.value, tf.TorchError)


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_modes_of_pytorch_are_taken_or_refused(name: str) -> None:
    kind = getattr(tf.optim, name)
    parameter = tf.ones(1).requires_grad_()
    for option in ("foreach", "fused"):
        if option == "foreach" or SAME[name] == {"fused": True}:
            for value in (None, True, False):
                assert kind([parameter], **{option: value}).param_groups[0][option] is value
    with pytest.raises(NotImplementedError, match=f"^{name}: differentiable=True"):
        kind([parameter], differentiable=True)
    if name not in ("SGD", "Adagrad"):
        with pytest.raises(NotImplementedError, match=f"^{name}: capturable=True"):
            kind([parameter], capturable=True)


def test_wrong_parameters_are_refused() -> None:
    x, y = tf.ones(2).requires_grad_(), tf.ones(2).requires_grad_()
    for given, error, text in (
        (x, TypeError, "params is a Tensor"),
        ([], ValueError, "params is empty"),
        ([3], TypeError, "a parameter is int"),
        ([x * 2], ValueError, "not a leaf"),
        ([{"params": {x}}], TypeError, "set"),
        ([{"lr": 1}], ValueError, "no 'params'"),
        ([("a", x), y], ValueError, "1 of 2 parameters have names"),
        ([{"params": [x]}, {"params": [y, x]}], ValueError, "more than one group"),
        ([{"params": [("a", x)]}, {"params": [y]}], ValueError, "some groups"),
        ([{"params": [x]}, [y]], TypeError, "a group of parameters is list"),
    ):
        with pytest.raises(error, match=f"^Adam: .*{text}"):
            tf.optim.Adam(given)
    with pytest.warns(UserWarning, match="more than once"):
        tf.optim.Adam([x, x])


def test_parameters_have_names() -> None:
    x, y = tf.ones(2).requires_grad_(), tf.ones(2).requires_grad_()
    optimizer = tf.optim.SGD([("x", x), ("y", y)])
    assert [id(one) for one in optimizer.param_groups[0]["params"]] == [id(x), id(y)]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["x", "y"]


def test_sparse_gradients_are_refused() -> None:
    for name in OPTIONS:
        table = tf.ones((4, 2)).requires_grad_()
        rows = tf.ops.aten.embedding(table, tf.asarray([1, 2]), -1, False, True)
        rows.sum().backward()
        before = table.detach().tolist()
        with pytest.raises(NotImplementedError, match=f"^{name}: .*sparse"):
            getattr(tf.optim, name)([table]).step()
        assert table.detach().tolist() == before


def test_state_of_another_parameter_is_refused() -> None:
    x = tf.ones(4).requires_grad_()
    optimizer = tf.optim.Adam([x])
    (x * x).sum().backward()
    optimizer.step()
    good = dict(optimizer.state[x])
    for key, bad in (
        ("exp_avg", tf.zeros(2)),
        ("exp_avg_sq", tf.zeros(4, dtype=tf.float64)),
        ("step", 3.0),
        ("step", tf.zeros((), dtype=tf.float64)),
    ):
        optimizer.state[x] = {**good, key: bad}
        with pytest.raises((ValueError, TypeError), match=f"^Adam: .*{key}"):
            optimizer.step()
    optimizer.state[x] = good
    optimizer.step()


@pytest.mark.parametrize("name", [*OPTIONS, "LBFGS"])
def test_repr_is_pytorchs(name: str) -> None:
    own = getattr(tf.optim, name)([tf.ones(1).requires_grad_()], lr=0.5)
    other = getattr(torch.optim, name)([torch.ones(1).requires_grad_()], lr=0.5)
    assert repr(own) == repr(other)
    assert own.defaults == other.defaults


def test_rate_may_be_a_tensor() -> None:
    x = tf.ones(2).requires_grad_()
    rate = tf.asarray(0.25)
    optimizer = tf.optim.SGD([x], lr=rate)
    x.grad = tf.ones(2)
    optimizer.step()
    rate[...] = 0.5
    optimizer.step()
    assert x.detach().tolist() == [0.25, 0.25]
    with pytest.raises(ValueError, match="SGD: lr has shape"):
        tf.optim.SGD([x], lr=tf.ones(2))


def test_numpy_backend_takes_optimizers_and_steps_without_gradients(numpy_backend: None) -> None:
    for name in (*OPTIONS, "LBFGS"):
        x = tf.ones(3)
        optimizer = getattr(tf.optim, name)([x])
        optimizer.zero_grad()
        optimizer.zero_grad(set_to_none=False)
        assert optimizer.step(lambda: 2.0) == 2.0
        assert x.tolist() == [1, 1, 1]
        optimizer.load_state_dict(optimizer.state_dict())
        assert "Parameter Group 0" in repr(optimizer)


def test_own_optimizer_in_pytorchs_manner() -> None:
    class Signs(tf.optim.Optimizer):
        def __init__(self, params: Any, lr: float = 0.1) -> None:
            super().__init__(params, {"lr": lr})

        @tf.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for one in group["params"]:
                    if one.grad is not None:
                        one -= group["lr"] * tf.sign(one.grad)

    x = tf.asarray([1.0, -2.0]).requires_grad_()
    optimizer = Signs([x])
    scheduler = tf.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    calls: list[str] = []
    with optimizer.register_step_pre_hook(lambda *_: calls.append("before")):
        optimizer.register_step_post_hook(lambda *_: calls.append("after"))
        for _ in range(2):
            optimizer.zero_grad()
            (x * x).sum().backward()
            optimizer.step()
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                scheduler.step()
    optimizer.step()
    assert calls == ["before", "after", "before", "after", "after"]
    np.testing.assert_allclose(x.detach().numpy(), [0.825, -1.825], 1e-6)
    with pytest.raises(NotImplementedError):
        tf.optim.Optimizer([x], {}).step()


def test_memory_stays_flat(untraced: None) -> None:
    for name, options in CASES:
        x = [tf.ones((3, 4)).requires_grad_(), tf.ones(4).requires_grad_()]
        x.append(tf.ones((4, 6)).T.detach().requires_grad_())
        optimizer = getattr(tf.optim, name)(x, **options)
        counts = []
        for step in range(1000 if options == {} else 50):
            optimizer.zero_grad()
            sum((one * one).sum() for one in x).backward()
            optimizer.step()
            if step in (10, 49, 999):
                stats = tf.memory_stats()
                counts.append((stats["live_handles"], stats["live_bytes"]))
        assert len(set(counts)) == 1, (name, counts)


def test_copy_of_an_optimizer_goes_on_alone() -> None:
    x = tf.ones(3).requires_grad_()
    optimizer = tf.optim.Adam([x])
    x.grad = tf.ones(3)
    optimizer.step()
    other = copy.deepcopy(optimizer)
    (twin,) = other.param_groups[0]["params"]
    assert twin is not x
    other.step()
    assert optimizer.state[x]["step"].item() == 1
    assert other.state[twin]["step"].item() == 2
    assert to_ours(torch.ones(1)).tolist() == [1]
