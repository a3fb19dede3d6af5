"""The operands of the rows: arrays by name and size, and objects that each library makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Size(NamedTuple):
    """A size of operands.

    Attributes:
        name: As in the report.
        rows, columns: The shape of a matrix.
        side: The length of the sides of a square matrix.
        batch: The shape of a batch of small matrices, for decompositions.
        image: Channels and length of the sides of an image.
        volume: The same of a volume, with three sides.
        heads: The shape of the operands of an attention.
        speech: Steps, samples and classes of a sequence.
    """

    name: str
    rows: int
    columns: int
    side: int
    batch: tuple[int, ...]
    image: tuple[int, int]
    volume: tuple[int, int]
    heads: tuple[int, int, int]
    speech: tuple[int, int, int]

    @property
    def count(self) -> int:
        """The number of elements."""
        return self.rows * self.columns


SIZES = (
    Size("2x2", 2, 2, 2, (2, 2), (1, 2), (1, 2), (1, 2, 2), (2, 1, 2)),
    Size("1,000", 25, 40, 32, (10, 10, 10), (4, 16), (4, 6), (1, 25, 40), (10, 4, 25)),
    Size("10^6", 1000, 1000, 1000, (10_000, 10, 10), (4, 500), (4, 64), (4, 250, 1000), (100, 100, 100)),
)  # fmt: skip


def _draw(*shape: int, low: float = -1.0, high: float = 1.0, seed: int = 0) -> Array:
    numbers = np.random.default_rng(seed).random(shape, np.float32)
    return (low + (high - low) * numbers).astype(np.float32)


def _integers(*shape: int, low: int = 0, high: int = 8, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(low, high, shape)


def _order(count: int) -> Array:
    return np.random.default_rng(5).permutation(count)


def _kernel(size: Size, axes: int) -> Array:
    channels = size.image[0]
    return _draw(channels, channels, *[2 if size.rows == 2 else 3] * axes, seed=9)


def _complex(*shape: int) -> Array:
    return (_draw(*shape, seed=11) + 1j * _draw(*shape, seed=12)).astype(np.complex64)


def _regular(size: Size, seed: int) -> Array:
    """Matrices with distinct real eigenvalues, far from singular."""
    n = size.batch[-1]
    noise = 0.1 * _draw(*size.batch, seed=seed)
    return (noise + np.diag(np.arange(1, n + 1))).astype(np.float32)


def _definite(size: Size) -> Array:
    found = _regular(size, 13)
    return (found + found.swapaxes(-1, -2)) / 2


# Name -> array or Python value of a size.
ARRAYS: dict[str, Callable[[Size], Any]] = {
    # Matrices of float32: in [-1, 1), [0.5, 1.5), [1, 2) and (0, 1).
    "x": lambda z: _draw(z.rows, z.columns),
    "y": lambda z: _draw(z.rows, z.columns, seed=1),
    "p": lambda z: _draw(z.rows, z.columns, low=0.5, high=1.5, seed=2),
    "q": lambda z: _draw(z.rows, z.columns, low=1.0, high=2.0, seed=3),
    "u": lambda z: _draw(z.rows, z.columns, low=0.05, high=0.95, seed=4),
    "u2": lambda z: _draw(z.rows, z.columns, low=0.05, high=0.95, seed=5),
    "ones": lambda z: np.ones((z.rows, z.columns), np.float32),
    "signs": lambda z: np.sign(_draw(z.rows, z.columns, seed=6)),
    "signs_of_x": lambda z: np.sign(_draw(z.rows, seed=6)),
    "x_wide": lambda z: _draw(z.columns, 2, seed=7),
    "thin": lambda z: _draw(z.rows, min(z.columns, 100), seed=7),
    "cube": lambda z: _draw(2, *[min(z.columns, 100)] * 2, seed=8),
    "wide": lambda z: _draw(2, z.count // 2, seed=8),
    "line1": lambda z: _draw(1, z.count, seed=8),
    "row": lambda z: _draw(z.columns, seed=9),
    "row2": lambda z: _draw(z.columns, seed=10),
    "edge_of_x": lambda z: _draw(z.rows, seed=10),
    "col": lambda z: _draw(z.rows, 1, seed=10),
    # Vectors.
    "v": lambda z: _draw(z.count),
    "v2": lambda z: _draw(z.count, seed=1),
    "w": lambda z: _draw(z.count, seed=2),
    "ascending": lambda z: np.sort(_draw(z.count, seed=3)),
    "triples": lambda z: _draw(max(1, z.count // 3), 3),
    "triples2": lambda z: _draw(max(1, z.count // 3), 3, seed=1),
    # Square matrices, and vectors as long as their sides.
    "s": lambda z: _draw(z.side, z.side),
    "s2": lambda z: _draw(z.side, z.side, seed=1),
    "eye": lambda z: np.eye(z.side, dtype=np.float32),
    "edge": lambda z: _draw(z.side, seed=2),
    "m": lambda z: _regular(z, 14),
    "m2": lambda z: _regular(z, 15),
    "definite": _definite,
    # Other dtypes.
    "i": lambda z: _integers(z.rows, z.columns, low=1, high=8),
    "j": lambda z: _integers(z.rows, z.columns, low=1, high=5, seed=1),
    "ones_i": lambda z: np.ones((z.rows, z.columns), np.int64),
    "b": lambda z: _draw(z.rows, z.columns, seed=1) > 0.2,
    "c": lambda z: _draw(z.rows, z.columns, seed=2) > 0.2,
    "z": lambda z: _complex(z.rows, z.columns),
    "half": lambda z: _complex(z.rows, z.columns // 2 + 1),
    # 0-d tensors.
    "e0": lambda z: np.array(0.5, np.float32),
    "n0": lambda z: np.array(3),
    "b0": lambda z: np.array(True),
    "slope": lambda z: np.array([0.25], np.float32),
    "small": lambda z: _draw(2, 2),
    # Indices: of the rows, each once; of the columns, in each row; of a vector; classes.
    "perm": lambda z: _order(z.rows),
    "places": lambda z: np.argsort(_draw(z.rows, z.columns, seed=3), axis=1),
    "order": lambda z: _order(z.count),
    "label": lambda z: _integers(z.rows, high=z.columns),
    # Layers.
    "line": lambda z: _draw(1, z.image[0], z.count // z.image[0]),
    "image": lambda z: _draw(1, z.image[0], z.image[1], z.image[1]),
    "volume": lambda z: _draw(1, z.volume[0], *[z.volume[1]] * 3),
    "channels": lambda z: _draw(1, 4, max(1, z.image[1] // 2), max(1, z.image[1] // 2)),
    "patches": lambda z: _draw(1, 4 * z.image[0], (z.image[1] - 1) ** 2),
    "kernel1": lambda z: _kernel(z, 1),
    "kernel2": lambda z: _kernel(z, 2),
    "kernel3": lambda z: _kernel(z, 3)[: z.volume[0], : z.volume[0], ..., :2],
    "mu": lambda z: _draw(z.image[0], seed=2),
    "sigma": lambda z: _draw(z.image[0], low=0.5, high=1.5, seed=3),
    "heads": lambda z: _draw(*z.heads),
    "speech": lambda z: np.log(_draw(*z.speech, low=0.1, high=0.9)),
    "spoken": lambda z: _integers(z.speech[1], max(1, z.speech[0] // 4), low=1, high=z.speech[2]),
    "lengths": lambda z: np.full(z.speech[1], z.speech[0]),
    "heads_t": lambda z: _draw(z.heads[0], z.heads[2], z.heads[1]),
    "heads_out": lambda z: _draw(z.heads[0], z.heads[1], z.heads[1]),
    "order_of_columns": lambda z: _order(z.columns),
    "bags": lambda z: np.arange(0, z.columns, 2),
    # Recurrent layers: steps of a sequence, states and stacked weights of 1, 3 and 4 gates.
    "steps": lambda z: _draw(max(1, z.rows // 10), z.columns // 2 or 1, 20),
    "state": lambda z: _draw(1, z.columns // 2 or 1, 16),
    "state2": lambda z: _draw(z.rows, min(z.columns, 100)),
    "wide1": lambda z: _draw(min(z.columns, 100), min(z.columns, 100)),
    "wide3": lambda z: _draw(3 * min(z.columns, 100), min(z.columns, 100)),
    "wide4": lambda z: _draw(4 * min(z.columns, 100), min(z.columns, 100)),
    **{f"in{n}": lambda z, n=n: _draw(16 * n, 20) for n in (1, 3, 4)},
    **{f"back{n}": lambda z, n=n: _draw(16 * n, 16) for n in (1, 3, 4)},
    **{f"bias{n}": lambda z, n=n: _draw(16 * n) for n in (1, 3, 4)},
    "spoken_lengths": lambda z: np.full(z.speech[1], max(1, z.speech[0] // 4)),
}  # fmt: skip

# Name -> a value that is the same for all libraries.
VALUES: dict[str, Callable[[Size], Any]] = {
    "shape": lambda z: (z.rows, z.columns),
    "rows": lambda z: z.rows,
    "columns": lambda z: z.columns,
    "side": lambda z: z.side,
    "count": lambda z: z.count,
    "channel_count": lambda z: z.image[0],
    "pixel_count": lambda z: z.image[1] ** 2,
    "step": lambda z: 1.0 / z.count,
    "fold_size": lambda z: (z.image[1], z.image[1]),
    "array": lambda z: _draw(z.rows, z.columns),
    "nested": lambda z: _draw(z.rows, z.columns).tolist(),
    "keep": lambda z: lambda gradient: None,
}  # fmt: skip

# Name -> an expression of the library ``t``, of other operands and of ``trained``.
OBJECTS = {
    "device": "t.device('cpu') if t.__name__ == 'torch' else 'cpu'",
    **{f"weights{n}": f"[in{n}, back{n}, bias{n}, bias{n}]" for n in (1, 3, 4)},
    "weight": "trained(t, x)",
    "sgd": "t.optim.SGD([weight], lr=1e-3)",
    "momentum": "t.optim.SGD([weight], lr=1e-3, momentum=0.9)",
    "adam": "t.optim.Adam([weight], lr=1e-3)",
    "adamw": "t.optim.AdamW([weight], lr=1e-3)",
    "rmsprop": "t.optim.RMSprop([weight], lr=1e-3)",
    "adagrad": "t.optim.Adagrad([weight], lr=1e-3)",
    "adadelta": "t.optim.Adadelta([weight], lr=1e-3)",
    "adamax": "t.optim.Adamax([weight], lr=1e-3)",
    "nadam": "t.optim.NAdam([weight], lr=1e-3)",
    "radam": "t.optim.RAdam([weight], lr=1e-3)",
    "lbfgs": "t.optim.LBFGS([weight], lr=1e-3, max_iter=1)",
    "closure": "closure_of(weight)",
}


def trained(library: Any, x: Any) -> Any:
    """A parameter with a gradient."""
    found = library.nn.Parameter(x.clone())
    found.mean().backward()
    return found


def closure_of(weight: Any) -> Callable[[], Any]:
    """The closure of an optimizer that computes the loss again."""

    def closure() -> Any:
        weight.grad = None
        loss = (weight * weight).mean()
        loss.backward()
        return loss

    return closure
