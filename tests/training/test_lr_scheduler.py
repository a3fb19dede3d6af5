"""Schedules of the learning rate, exactly as PyTorch's."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import torchffi as tf

pytestmark = pytest.mark.usefixtures("ffi_backend")
torch = pytest.importorskip("torch")

Made = Callable[[Any, Any], Any]


def of(name: str, *arguments: Any, **named: Any) -> Made:
    return lambda module, optimizer: getattr(module, name)(optimizer, *arguments, **named)


def sequential(module: Any, optimizer: Any) -> Any:
    warm = module.LinearLR(optimizer, 0.1, total_iters=10)
    middle = module.CosineAnnealingLR(optimizer, 30, 1e-4)
    last = module.ExponentialLR(optimizer, 0.9)
    return module.SequentialLR(optimizer, [warm, middle, last], [10, 50])


def chained(module: Any, optimizer: Any) -> Any:
    first = module.ConstantLR(optimizer, 0.25, 20)
    return module.ChainedScheduler([first, module.StepLR(optimizer, 7, 0.8)])


CASES: dict[str, Made] = {
    "step": of("StepLR", 30),
    "step 7": of("StepLR", step_size=7, gamma=0.3),
    "milestones": of("MultiStepLR", [10, 10, 40, 41], gamma=0.5),
    "exponential": of("ExponentialLR", 0.93),
    "cosine": of("CosineAnnealingLR", 13),
    "cosine to a minimum": of("CosineAnnealingLR", T_max=40, eta_min=1e-3),
    "restarts": of("CosineAnnealingWarmRestarts", 7, 2, 1e-4),
    "equal restarts": of("CosineAnnealingWarmRestarts", 9),
    "lambda": of("LambdaLR", lambda step: 0.95**step),
    "lambda of each": of("LambdaLR", [lambda step: 1 / (1 + step), lambda step: math.sin(step) + 1]),
    "linear": of("LinearLR"),
    "linear down": of("LinearLR", 1.0, 0.1, 60),
    "constant": of("ConstantLR"),
    "constant 0.5": of("ConstantLR", 0.5, 33),
    "one cycle": of("OneCycleLR", 0.1, 120),
    "one cycle of three phases": of("OneCycleLR", [0.1, 0.3], epochs=12,
                                    steps_per_epoch=10, three_phase=True),
    "one cycle of lines": of("OneCycleLR", 0.1, 101, pct_start=0.2, anneal_strategy="linear"),
    "one cycle without momentum": of("OneCycleLR", 0.1, 110, cycle_momentum=False, div_factor=5.0),
    "sequential": sequential,
    "chained": chained,
}  # fmt: skip


def optimizers(name: str = "SGD") -> tuple[Any, Any]:
    found = []
    for library in (tf, torch):
        one, two = (library.ones(2).requires_grad_() for _ in range(2))
        groups = [{"params": [one], "lr": 0.05}, {"params": [two]}]
        options = {"momentum": 0.9} if name == "SGD" else {}
        found.append(getattr(library.optim, name)(groups, lr=0.013, **options))
    return found[0], found[1]


def rates(optimizer: Any) -> list[Any]:
    keys = ("lr", "momentum", "betas")
    return [[group.get(key) for key in keys] for group in optimizer.param_groups]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_rates_are_those_of_pytorch(name: str, kind: str) -> None:
    own, other = optimizers(kind)
    schedulers = (
        CASES[name](tf.optim.lr_scheduler, own),
        CASES[name](torch.optim.lr_scheduler, other),
    )
    for _ in range(100):
        assert rates(own) == rates(other)
        assert schedulers[0].get_last_lr() == schedulers[1].get_last_lr()
        own.step()
        other.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            schedulers[0].step()
            schedulers[1].step()


@pytest.mark.parametrize("name", CASES)
def test_resumed_schedule_goes_on_as_pytorchs_does(name: str, tmp_path: Path) -> None:
    found = []
    for library, optimizer in zip((tf, torch), optimizers(), strict=True):
        module = library.optim.lr_scheduler
        scheduler = CASES[name](module, optimizer)
        for _ in range(37):
            optimizer.step()
            scheduler.step()
        saved = optimizer.state_dict(), scheduler.state_dict()
        optimizer = optimizers()[library is torch]
        scheduler = CASES[name](module, optimizer)
        optimizer.load_state_dict(saved[0])
        scheduler.load_state_dict(saved[1])
        found.append([])
        for _ in range(40):
            optimizer.step()
            scheduler.step()
            found[-1].append(rates(optimizer))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"lambda", "lambda of each"}))
def test_state_of_pytorchs_scheduler_loads(name: str) -> None:
    own, other = optimizers()
    scheduler = CASES[name](tf.optim.lr_scheduler, own)
    reference = CASES[name](torch.optim.lr_scheduler, other)
    for _ in range(21):
        other.step()
        reference.step()
    assert set(scheduler.state_dict()) == set(reference.state_dict())
    scheduler.load_state_dict(reference.state_dict())
    for group, saved in zip(own.param_groups, other.param_groups, strict=True):
        group.update({key: value for key, value in saved.items() if key != "params"})
    for _ in range(21):
        own.step()
        other.step()
        scheduler.step()
        reference.step()
        assert rates(own) == rates(other)


@pytest.mark.parametrize(
    "name", ["step 7", "cosine", "linear", "exponential", "milestones", "constant"]
)
def test_schedule_begins_at_a_later_step(name: str) -> None:
    own, other = optimizers()
    for optimizer in (own, other):
        for group in optimizer.param_groups:
            group["initial_lr"] = 0.5
    arguments = {"step 7": ("StepLR", 7), "cosine": ("CosineAnnealingLR", 13), "linear": ("LinearLR",),
                 "exponential": ("ExponentialLR", 0.9), "milestones": ("MultiStepLR", [12, 15]),
                 "constant": ("ConstantLR",)}[name]  # fmt: skip
    made = of(*arguments, last_epoch=10)
    one, two = made(tf.optim.lr_scheduler, own), made(torch.optim.lr_scheduler, other)
    for _ in range(20):
        assert rates(own) == rates(other)
        own.step()
        other.step()
        one.step()
        two.step()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"factor": 0.5, "patience": 2},
        {"mode": "max", "patience": 1, "cooldown": 3, "threshold": 0.01},
        {"threshold_mode": "abs", "threshold": 0.1, "patience": 3, "min_lr": [1e-3, 1e-5]},
        {"mode": "max", "threshold_mode": "abs", "patience": 0, "eps": 1e-3},
    ],
)
def test_plateau_is_found_as_by_pytorch(options: dict[str, Any]) -> None:
    own, other = optimizers()
    one = tf.optim.lr_scheduler.ReduceLROnPlateau(own, **options)
    two = torch.optim.lr_scheduler.ReduceLROnPlateau(other, **options)
    for step in range(100):
        loss = math.exp(-step / 20) + 0.3 * math.sin(step)
        one.step(tf.asarray(loss, dtype=tf.float64) if step % 2 else loss)
        two.step(loss)
        assert rates(own) == rates(other)
        assert (one.best, one.num_bad_epochs) == (two.best, two.num_bad_epochs)
        if step == 50:
            saved = one.state_dict()
            assert set(saved) == set(two.state_dict())
            one = tf.optim.lr_scheduler.ReduceLROnPlateau(own)
            one.load_state_dict(saved)


def test_step_before_that_of_the_optimizer_warns() -> None:
    own, _ = optimizers()
    own.step()
    scheduler = tf.optim.lr_scheduler.StepLR(own, 3)
    with pytest.warns(UserWarning, match=r"before optimizer\.step\(\)"):
        scheduler.step()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own, _ = optimizers()
        scheduler = tf.optim.lr_scheduler.StepLR(own, 3)
        own.step()
        scheduler.step()
    with pytest.warns(UserWarning, match="get_last_lr"):
        scheduler.get_lr()


def test_rate_in_a_tensor_is_set_in_place() -> None:
    rate = tf.asarray(0.5)
    optimizer = tf.optim.SGD([tf.ones(2).requires_grad_()], lr=rate)
    scheduler = tf.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
    assert scheduler.base_lrs[0].item() == 0.5


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("LambdaLR", ([abs],), "1 functions for 2 groups"),
        ("LinearLR", (0,), "start_factor is 0"),
        ("LinearLR", (0.5, 2), "end_factor is 2"),
        ("ConstantLR", (2,), "factor is 2"),
        ("CosineAnnealingWarmRestarts", (0,), "T_0 is 0"),
        ("CosineAnnealingWarmRestarts", (3, 0.5), "T_mult is 0.5"),
        ("OneCycleLR", (0.1,), "expected total_steps"),
        ("OneCycleLR", (0.1, 0), "total_steps is 0"),
        ("OneCycleLR", (0.1, None, 3, 0), "steps_per_epoch is 0"),
        ("OneCycleLR", ([0.1], 10), "max_lr has 1 values for 2 groups"),
        ("OneCycleLR", (0.1, 10, None, None, 1), "pct_start is 1"),
        ("OneCycleLR", (0.1, 10, None, None, 0.5, "sin"), "anneal_strategy is 'sin'"),
        ("ReduceLROnPlateau", ("mean",), "mode is 'mean'"),
        ("ReduceLROnPlateau", ("min", 1.0), r"factor is 1\.0"),
        ("ReduceLROnPlateau", ("min", 0.1, 10, 1e-4, "x"), "threshold_mode is 'x'"),
        ("SequentialLR", ([], []), "schedulers is empty"),
        ("StepLR", (3, 0.1, 5), "no 'initial_lr'"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(name: str, arguments: tuple[Any, ...], text: str) -> None:
    own, _ = optimizers()
    with pytest.raises(ValueError, match=f"^{name}: .*{text}"):
        getattr(tf.optim.lr_scheduler, name)(own, *arguments)


def test_composed_schedulers_refuse_what_does_not_fit() -> None:
    module = tf.optim.lr_scheduler
    (own, _), (another, _) = optimizers(), optimizers()
    one, foreign = module.StepLR(own, 3), module.StepLR(another, 3)
    with pytest.raises(ValueError, match="another optimizer"):
        module.SequentialLR(own, [one, foreign], [3])
    with pytest.raises(ValueError, match="0 milestones for 2"):
        module.SequentialLR(own, [one, one], [])
    with pytest.raises(ValueError, match="ReduceLROnPlateau"):
        module.ChainedScheduler([one, module.ReduceLROnPlateau(own)])
    with pytest.raises(TypeError, match="StepLR: expected an Optimizer, got int"):
        module.StepLR(3, 3)
    with pytest.raises(TypeError, match="expected a scheduler"):
        module.ChainedScheduler([one, 3])
    with pytest.raises(ValueError, match="step 11 of 10"):
        scheduler = module.OneCycleLR(own, 0.1, 10)
        for _ in range(11):
            own.step()
            scheduler.step()
