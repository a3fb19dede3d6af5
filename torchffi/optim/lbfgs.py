"""L-BFGS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._autograd.modes import enable_grad, no_grad
from torchffi._core.backends import NUMPY
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError, NotSupportedError
from torchffi.optim._line_search import Line, Number, Point, search
from torchffi.optim._lists import call, layout_name
from torchffi.optim._options import check_number
from torchffi.optim.optimizer import Closure, Optimizer

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """L-BFGS: a quasi-Newton method, which keeps the last steps to estimate the curvature.

    ``step(closure)`` goes ``max_iter`` steps. It has one group, and parameters of one device and dtype.

    Args:
        params: Tensors, pairs of a name and a tensor, or one dict: see :class:`Optimizer`.
        lr: The length of a step, or of the first one that is tried, >= 0.
        max_iter: The number of steps of one ``step()``.
        max_eval: How often the closure may be called in one ``step()``; None for ``max_iter * 5 / 4``.
        tolerance_grad: Ends if no component of the gradient is larger.
        tolerance_change: Ends if parameters or loss change less.
        history_size: How many steps are kept.
        line_search_fn: ``"strong_wolfe"``, or None for steps of length ``lr``.

    Raises:
        TypeError, ValueError: An option is no number or out of range, or there are several groups; for
            ``params`` see :class:`Optimizer`.

    Source: torch.optim.LBFGS; Nocedal and Wright, "Numerical Optimization", algorithm 7.4.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_number("LBFGS", "lr", lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise InvalidArgumentError(
                f"LBFGS: {len(self.param_groups)} groups of parameters, expected one"
            )

    @property
    def _params(self) -> list[Tensor]:
        return self.param_groups[0]["params"]  # type: ignore[no-any-return]

    def step(self, closure: Closure | None = None) -> Any:
        """Goes up to ``max_iter`` steps.

        Args:
            closure: Removes the gradients, computes the loss and new gradients, and returns the loss.

        Returns:
            What the first call of ``closure`` returned.
        """
        if closure is None:
            raise ArgumentError(
                "LBFGS: step() needs a closure that computes the loss and gradients"
            )
        if len(self.param_groups) != 1:
            raise InvalidArgumentError(
                f"LBFGS: {len(self.param_groups)} groups of parameters, expected one"
            )
        group = self.param_groups[0]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise InvalidArgumentError(
                f"LBFGS: line_search_fn is {group['line_search_fn']!r}, expected None or 'strong_wolfe'"
            )
        with no_grad():
            return self._steps(closure, group)

    def _steps(self, closure: Closure, group: dict[str, Any]) -> Any:
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        original = _evaluate(closure)
        state["func_evals"] += 1
        if all(one._backend is NUMPY for one in self._params):
            return original  # no gradients
        loss, gradient, calls = float(original), self._gradient(), 1
        if _largest(gradient) <= group["tolerance_grad"]:
            return original
        taken = 0
        while taken < group["max_iter"]:
            taken += 1
            state["n_iter"] += 1
            direction = _direction(state, gradient, group["history_size"])
            state["prev_flat_grad"] = call("aten::clone", gradient)
            state["prev_loss"] = before = loss
            length: Number = float(group["lr"])
            if state["n_iter"] == 1:
                sum_ = call("aten::sum", call("aten::abs", gradient))
                length = min(1.0, call("aten::reciprocal", sum_)) * length
            state["d"], state["t"] = direction, length
            slope = call("aten::dot", gradient, direction)
            if slope > -group["tolerance_change"]:
                break
            more = 0
            if group["line_search_fn"] is not None:
                start = Point(0, loss, call("aten::clone", gradient), slope)
                point, more = self._search(closure, start, length, direction, group, calls)
                loss, gradient, length = point.value, point.gradient, point.step
                state["t"] = length
                self._move(length, direction)
            else:
                self._move(length, direction)
                if taken != group["max_iter"]:  # the last step's gradient is not needed
                    loss, gradient, more = float(_evaluate(closure)), self._gradient(), 1
            calls += more
            state["func_evals"] += more
            if (
                taken == group["max_iter"]
                or calls >= group["max_eval"]
                or _largest(gradient) <= group["tolerance_grad"]
                or _largest(direction * length) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return original

    def _search(
        self,
        closure: Closure,
        start: Point,
        length: Number,
        direction: Tensor,
        group: dict[str, Any],
        calls: int,
    ) -> tuple[Point, int]:
        """Searches for the length of a step. The parameters are what they were before."""
        originals = [
            call("aten::clone", one, memory_format="contiguous_format") for one in self._params
        ]

        def at(step: Number) -> Point:
            self._move(step, direction)
            loss, gradient = float(_evaluate(closure)), self._gradient()
            for one, value in zip(self._params, originals, strict=True):
                call("aten::copy_", one, value)
            return Point(step, loss, gradient, call("aten::dot", gradient, direction))

        most = group["max_eval"] - calls
        return search(Line(at, start, _largest(direction), 1e-9, most), length)

    def _gradient(self) -> Tensor:
        """All gradients as one vector, the parts of complex ones as two numbers."""
        parts = []
        for one in self._params:
            found = one.grad
            if found is None:
                found = call("aten::zeros_like", one, memory_format="contiguous_format")
            elif layout_name(found) != "strided":
                raise NotSupportedError(
                    f"LBFGS: a gradient is {layout_name(found)}, expected a dense one"
                )
            if found.dtype.kind == "complex":
                found = call("aten::view_as_real", found)
            parts.append(call("aten::reshape", found, [-1]))
        return call("aten::cat", parts)  # type: ignore[no-any-return]

    def _move(self, length: Number, direction: Tensor) -> None:
        """Adds a multiple of the direction to the parameters."""
        at = 0
        for one in self._params:
            written = call("aten::view_as_real", one) if one.dtype.kind == "complex" else one
            part = call("aten::narrow", direction, 0, at, written.size)
            change = call("aten::view", part, written.shape)
            call("aten::add_.Tensor", written, change, alpha=float(length))
            at += written.size


def _evaluate(closure: Closure) -> Any:
    with enable_grad():
        return closure()


def _largest(x: Tensor) -> Tensor:
    return call("aten::max", call("aten::abs", x))  # type: ignore[no-any-return]


def _direction(state: dict[str, Any], gradient: Tensor, history_size: int) -> Tensor:
    """The direction of the next step: the gradient times an estimate of the inverse Hessian."""
    if state["n_iter"] == 1:
        state["old_dirs"], state["old_stps"], state["ro"], state["H_diag"] = [], [], [], 1
        return call("aten::neg", gradient)  # type: ignore[no-any-return]
    changes, steps, inverses = state["old_dirs"], state["old_stps"], state["ro"]
    change = gradient - state["prev_flat_grad"]
    step = state["d"] * state["t"]
    product = call("aten::dot", change, step)
    if product > 1e-10:
        if len(changes) == history_size:
            for kept in (changes, steps, inverses):
                kept.pop(0)
        changes.append(change)
        steps.append(step)
        inverses.append(call("aten::reciprocal", product))
        state["H_diag"] = product / call("aten::dot", change, change)
    if "al" not in state:
        state["al"] = [None] * history_size
    shares = state["al"]
    found: Tensor = call("aten::neg", gradient)
    for i in reversed(range(len(changes))):
        shares[i] = call("aten::dot", steps[i], found) * inverses[i]
        call("aten::add_.Tensor", found, changes[i], alpha=-float(shares[i]))
    found = found * state["H_diag"]
    for i in range(len(changes)):
        share = call("aten::dot", changes[i], found) * inverses[i]
        call("aten::add_.Tensor", found, steps[i], alpha=float(shares[i] - share))
    return found
