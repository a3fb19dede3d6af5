"""The cases, for pytest-benchmark: each operation at each size on each route.

`python -m bench` runs this file.
"""

from __future__ import annotations

from typing import Any

import pytest

from bench import forward, operations, routes

CASES = [
    pytest.param(name, size, route, id=f"{name}-{size}-{route}")
    for name in operations.NAMES
    for size in (operations.SENTENCES if name == "minilm" else operations.SIZES)
    for route in routes.installed()
]


@pytest.mark.parametrize(("name", "size", "route"), CASES)
def test_case(benchmark: Any, name: str, size: int, route: str) -> None:
    """Times one case, which fails if it ran on another route or gave a wrong result."""
    benchmark.extra_info.update(operation=name, size=size, route=route)
    with routes.on(route):
        if name == "minilm":
            values, tolerance = forward.expected(size)
            run = forward.forward(route, size)
        else:
            values, tolerance = operations.expected(name, size)
            run = operations.operation(route, name, size)
        # Once before, so that what is made at a first call is not timed.
        routes.check(route, run(), values, tolerance)
        routes.check(route, benchmark(run), values, tolerance)
