"""Clusters of points by Lloyd's algorithm."""

from typing import Any

import numpy as np

POINTS, CLUSTERS, STEPS = 500, 6, 20
_draw = np.random.default_rng(6)
_centres = _draw.normal(size=(CLUSTERS, 2)) * 10
DATA = (_centres[_draw.integers(0, CLUSTERS, POINTS)] + _draw.normal(size=(POINTS, 2))).astype(
    np.float32
)


def run(lib: Any) -> Any:
    """The centres after the last step."""
    points = lib.from_numpy(DATA)
    centres = points[:CLUSTERS].clone()
    for _ in range(STEPS):
        distances = ((points[:, None] - centres) ** 2).sum(-1)
        nearest = distances.argmin(1)
        for cluster in range(CLUSTERS):
            members = points[nearest == cluster]
            if len(members):
                centres[cluster] = members.mean(0)
    return centres
