"""Heat that spreads in a plate with a hot edge: a stencil of five points."""

from typing import Any

SIDE, STEPS = 64, 200


def run(lib: Any) -> Any:
    """The temperatures after the last step."""
    plate = lib.zeros((SIDE, SIDE))
    plate[0] = 100.0
    for _ in range(STEPS):
        inner = plate[1:-1, 1:-1]
        around = plate[:-2, 1:-1] + plate[2:, 1:-1] + plate[1:-1, :-2] + plate[1:-1, 2:]
        plate[1:-1, 1:-1] = inner + 0.2 * (around - 4 * inner)
    return plate
