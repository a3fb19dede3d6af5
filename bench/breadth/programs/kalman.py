"""A Kalman filter that follows a point in the plane from noisy positions."""

from typing import Any

import numpy as np

STEPS = 200
_times = np.arange(STEPS) / 20
_noise = np.random.default_rng(2).normal(size=(STEPS, 2)) * 0.1
POSITIONS = (np.stack([np.cos(_times), np.sin(2 * _times)], 1) + _noise).astype(np.float32)


def run(lib: Any) -> Any:
    """The filtered positions and velocities after the last step."""
    # The state is (x, y, vx, vy); a step takes 0.05.
    move = lib.eye(4)
    move[0, 2] = 0.05
    move[1, 3] = 0.05
    seen = lib.eye(4)[:2]
    drift = lib.eye(4) * 1e-3
    noise = lib.eye(2) * 1e-2
    state = lib.zeros(4)
    spread = lib.eye(4)
    for position in lib.from_numpy(POSITIONS):
        state = move @ state
        spread = move @ spread @ move.T + drift
        error = position - seen @ state
        gain = spread @ seen.T @ lib.linalg.inv(seen @ spread @ seen.T + noise)
        state = state + gain @ error
        spread = (lib.eye(4) - gain @ seen) @ spread
    return state
