"""The line search of L-BFGS: a step that satisfies the strong Wolfe conditions.

Source: Nocedal and Wright, "Numerical Optimization", algorithms 3.5 and 3.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torchffi._array.elementwise import reciprocal, sqrt
from torchffi._core.tensor import Tensor

Number = Any  # a float, or a tensor of one element and of the parameters' dtype

_SUFFICIENT = 1e-4  # share of the expected decrease that a step must reach
_CURVATURE = 0.9  # share of the slope at the start that the slope may have left


@dataclass
class Point:
    """The function along the line at one step: its value, gradient, and slope along the line."""

    step: Number
    value: float
    gradient: Tensor
    slope: Number


@dataclass
class Line:
    """The line that is searched.

    Attributes:
        at: Computes the function at a step.
        start: The function at step 0.
        longest: The largest component of the direction.
        tolerance: The change of a parameter that is too small to go on for.
        most: How often ``at`` may be called after the first time.
    """

    at: Callable[[Number], Point]
    start: Point
    longest: Number
    tolerance: float
    most: int

    def too_high(self, point: Point) -> bool:
        """Whether the value is above what the slope at the start promises."""
        bound = self.start.value + _SUFFICIENT * point.step * self.start.slope
        return bool(point.value > bound)

    def is_flat(self, point: Point) -> bool:
        """Whether the slope is small enough to end."""
        return bool(abs(point.slope) <= -_CURVATURE * self.start.slope)


def search(line: Line, first: Number) -> tuple[Point, int]:
    """Searches along a line, beginning with a step.

    Returns:
        The best point found, and how often the function was computed.
    """
    low, high, done, calls = _bracket(line, first)
    return _zoom(line, low, high, done, calls)


def _bracket(line: Line, first: Number) -> tuple[Point, Point, bool, int]:
    """Goes further and further until two points enclose a good step, or one is good itself."""
    before, point, calls = line.start, line.at(first), 1
    before = Point(0, before.value, before.gradient, before.slope)
    while calls - 1 < line.most:
        done = calls - 1
        if line.too_high(point) or (done > 1 and point.value >= before.value):
            return before, point, False, calls
        if line.is_flat(point):
            return point, point, True, calls
        if point.slope >= 0:
            return before, point, False, calls
        nearest = point.step + 0.01 * (point.step - before.step)
        step = _between(before, point, (nearest, point.step * 10))
        before, point, calls = point, line.at(step), calls + 1
    start = line.start
    return Point(0, start.value, start.gradient, start.slope), point, False, calls


def _zoom(line: Line, first: Point, second: Point, done: bool, calls: int) -> tuple[Point, int]:
    """Shrinks an interval that contains a good step. ``ends`` keep their places in it."""
    ends = [first, second]
    low = 0 if first.value <= second.value else 1
    stuck = False
    while not done and calls - 1 < line.most:
        if abs(ends[1].step - ends[0].step) * line.longest < line.tolerance:
            break
        step = _between(ends[0], ends[1], None)
        least, most = _sorted(ends[0].step, ends[1].step)
        margin = 0.1 * (most - least)
        if min(most - step, step - least) < margin:
            if stuck or step >= most or step <= least:
                step = most - margin if abs(step - most) < abs(step - least) else least + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        point, calls = line.at(step), calls + 1
        high = 1 - low
        if line.too_high(point) or point.value >= ends[low].value:
            ends[high] = point
            low = 0 if ends[0].value <= ends[1].value else 1
            continue
        if line.is_flat(point):
            done = True
        elif point.slope * (ends[high].step - ends[low].step) >= 0:
            ends[high] = ends[low]
        ends[low] = point
    return ends[low], calls


def _sorted(a: Number, b: Number) -> tuple[Number, Number]:
    return min(a, b), max(a, b)


def _between(a: Point, b: Point, bounds: tuple[Number, Number] | None) -> Number:
    """The minimum of the cubic through two points with their slopes, within bounds."""
    least, most = bounds or ((a.step, b.step) if a.step <= b.step else (b.step, a.step))
    mean = a.slope + b.slope - _over(3 * (a.value - b.value), a.step - b.step)
    square = mean**2 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2.0
    root = sqrt(square)
    if a.step <= b.step:
        share = (b.slope + root - mean) / (b.slope - a.slope + 2 * root)
        found = b.step - (b.step - a.step) * share
    else:
        share = (a.slope + root - mean) / (a.slope - b.slope + 2 * root)
        found = a.step - (a.step - b.step) * share
    return min(max(found, least), most)


def _over(a: float, b: Number) -> Number:
    """``a / b``; over a tensor by its reciprocal, which rounds as PyTorch does."""
    return reciprocal(b) * a if isinstance(b, Tensor) else a / b
