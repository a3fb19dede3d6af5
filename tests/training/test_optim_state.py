"""Saved states of optimizers: PyTorch's layout, both ways, and training that goes on from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as tf

pytestmark = pytest.mark.usefixtures("ffi_backend")
torch = pytest.importorskip("torch")

from tests.training.optimizers import CASES, SAME, Pair, to_array  # noqa: E402  (imports torch)

IDS = [f"{name}-{'-'.join(options) or 'defaults'}" for name, options in CASES]


def described(value: Any) -> Any:
    """A saved state with the shape and dtype of each tensor instead of it."""
    if isinstance(value, (tf.Tensor, torch.Tensor)):
        return tuple(value.shape), str(value.dtype).removeprefix("torch.")
    if isinstance(value, dict):
        return {key: described(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(described(one) for one in value)
    return value


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_layout_is_pytorchs(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    assert described(pair.own.state_dict()) == described(pair.other.state_dict())
    pair.run(3, missing=True)
    assert described(pair.own.state_dict()) == described(pair.other.state_dict())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_states_go_both_ways_through_files(
    name: str, options: dict[str, Any], dtype: str, tmp_path: Path
) -> None:
    first = Pair(name, options, dtype, SAME[name])
    first.run(7)
    tf.save(first.own.state_dict(), tmp_path / "ours.pt")
    torch.save(first.other.state_dict(), tmp_path / "theirs.pt")
    first.own.load_state_dict(tf.load(tmp_path / "theirs.pt"))
    first.other.load_state_dict(torch.load(tmp_path / "ours.pt", weights_only=True))
    first.other.param_groups[0].update(SAME[name])  # ours has not chosen one
    first.run(7)
    first.check_equal()


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_resumed_training_is_that_without_a_break(
    name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    def gradients(x: tf.Tensor, step: int) -> tf.Tensor:
        return x.detach() * 0.3 + step / 10

    def train(x: tf.Tensor, optimizer: Any, steps: range) -> None:
        for step in steps:
            x.grad = gradients(x, step)
            optimizer.step()

    kind = getattr(tf.optim, name)
    whole = tf.asarray([1.0, -2.0, 3.0]).requires_grad_()
    train(whole, kind([whole], **options), range(20))
    part = tf.asarray([1.0, -2.0, 3.0]).requires_grad_()
    optimizer = kind([part], **options)
    train(part, optimizer, range(11))
    tf.save({"model": part.detach(), "optimizer": optimizer.state_dict()}, tmp_path / "x.pt")
    saved = tf.load(tmp_path / "x.pt")
    again = saved["model"].clone().requires_grad_()
    optimizer = kind([again], lr=123.0)
    optimizer.load_state_dict(saved["optimizer"])
    train(again, optimizer, range(11, 20))
    assert again.detach().tolist() == whole.detach().tolist()


def test_lbfgs_resumes(tmp_path: Path) -> None:
    def steps(x: tf.Tensor, optimizer: Any, count: int) -> None:
        def closure() -> tf.Tensor:
            optimizer.zero_grad()
            loss = ((x - 1) ** 4).sum() + (x[0] * x[1]) ** 2
            loss.backward()
            return loss

        for _ in range(count):
            optimizer.step(closure)

    options = {"max_iter": 3, "line_search_fn": "strong_wolfe", "history_size": 4}
    whole, part = (tf.asarray([3.0, -2.0]).requires_grad_() for _ in range(2))
    steps(whole, tf.optim.LBFGS([whole], **options), 5)
    optimizer = tf.optim.LBFGS([part], **options)
    steps(part, optimizer, 2)
    tf.save(optimizer.state_dict(), tmp_path / "x.pt")
    optimizer = tf.optim.LBFGS([part])
    optimizer.load_state_dict(tf.load(tmp_path / "x.pt"))
    steps(part, optimizer, 3)
    assert part.detach().tolist() == whole.detach().tolist()
    reference = torch.optim.LBFGS([torch.ones(2).requires_grad_()])
    reference.load_state_dict(torch.load(tmp_path / "x.pt", weights_only=True))
    loaded = reference.state_dict()["state"][0]
    assert loaded["n_iter"] == len(loaded["old_dirs"]) + 1


def test_loading_moves_states_to_the_dtype_of_the_parameter() -> None:
    x, y = tf.ones(3).requires_grad_(), tf.ones(3, dtype=tf.float64).requires_grad_()
    one, two = tf.optim.Adam([x]), tf.optim.Adam([y])
    x.grad = tf.ones(3)
    one.step()
    state = one.state_dict()
    state["state"][0]["step"] = 7  # as files of PyTorch before 1.12 have it
    state["state"]["extra"] = {"a": 1}
    two.load_state_dict(state)
    assert two.state[y]["exp_avg"].dtype is tf.float64
    assert two.state[y]["step"].dtype is tf.float32
    assert two.state[y]["step"].shape == ()
    assert two.state[y]["step"].item() == 7
    assert two.state["extra"] == {"a": 1}
    y.grad = tf.ones(3, dtype=tf.float64)
    two.step()
    assert two.state[y]["step"].item() == 8


def test_state_from_the_numpy_backend_loads() -> None:
    x = tf.ones(3).requires_grad_()
    optimizer = tf.optim.SGD([x], momentum=0.5, lr=1.0)
    with tf.use_backend("numpy"):
        state = {0: {"momentum_buffer": tf.asarray([2.0, 4.0, 6.0])}}
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    x.grad = tf.zeros(3)
    optimizer.step()
    assert x.detach().tolist() == [0, -1, -2]
    optimizer.load_state_dict({"state": {0: {"momentum_buffer": None}}, "param_groups": groups})
    x.grad = tf.ones(3)
    optimizer.step()
    assert x.detach().tolist() == [-1, -2, -3]


def test_state_of_other_groups_is_refused() -> None:
    x, y = tf.ones(3).requires_grad_(), tf.ones(3).requires_grad_()
    one, two = tf.optim.Adam([x]), tf.optim.Adam([x, y])
    with pytest.raises(
        ValueError, match=r"^Adam: load_state_dict: .*\[2\] parameters, expected \[1\]"
    ):
        one.load_state_dict(two.state_dict())


def test_hooks_change_what_is_saved_and_loaded() -> None:
    x = tf.ones(3).requires_grad_()
    optimizer = tf.optim.SGD([x], lr=0.5)
    calls: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda _: calls.append("save"))
    optimizer.register_state_dict_post_hook(lambda _, state: {**state, "note": 1})
    handle = optimizer.register_load_state_dict_pre_hook(
        lambda _, state: {**state, "param_groups": [{**state["param_groups"][0], "lr": 7.0}]}
    )
    optimizer.register_load_state_dict_post_hook(lambda _: calls.append("loaded"))
    state = optimizer.state_dict()
    assert state["note"] == 1
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 7.0
    handle.remove()
    optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert calls == ["save", "loaded", "loaded"]
    with pytest.raises(TypeError, match="expected a function"):
        optimizer.register_step_pre_hook(3)
    np.testing.assert_array_equal(to_array(x), 1)
