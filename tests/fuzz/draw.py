"""Random arguments for the functions of the C ABI, by the names of their parameters in the header.

A step is [id, name, arguments]. An argument is a number, None for NULL, {"list": [...]},
{"tensor": id} or {"tensors": [id, ...]}. The id of a tensor is that of the step that made it, so that a
sequence can be replayed without some of its steps.
"""

from __future__ import annotations

import random
from typing import Any

from shim.build.header import Function
from tests.fuzz.twins import DTYPES, Array

Step = list[Any]
BINARY_NAMES = ("b", "among")
STALE = -1  # the id of a tensor that was freed
NEVER = -2  # the id of a handle that was never issued


class Several(dict[str, Any]):
    """Values of several parameters, by name."""


class Draw:
    """Draws steps.

    Attributes:
        live: The twin of each live tensor, by the id of the step that made it; the caller keeps it.
    """

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.live: dict[int, Array] = {}

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def arguments(self, function: Function) -> list[Any]:
        """Arguments for a function: mostly ones with which it succeeds."""
        found: dict[str, Any] = {}
        for parameter in function.parameters:
            name = parameter.name
            if name in found:
                continue
            drawer = getattr(self, f"{function.bare_name}_{name}", None) or getattr(self, name)
            value = drawer(found)
            found |= value if isinstance(value, Several) else {name: value}
        return [found[parameter.name] for parameter in function.parameters]

    # ---- Tensors

    def pick(self, fits: Any = None) -> int:
        """A live tensor, if possible one that fits; seldom a handle that is none."""
        if self.chance(0.01) or not self.live:
            return self.random.choice([STALE, NEVER])
        ids = list(self.live)
        for _ in range(8 if fits else 1):
            chosen = self.random.choice(ids)
            if not fits or fits(self.live[chosen]):
                break
        return chosen

    def twin(self, found: dict[str, Any], name: str) -> Array | None:
        return self.live.get(found[name]["tensor"])

    def tensor(self, found: dict[str, Any]) -> Any:
        return {"tensor": self.pick()}

    a = condition = tensor

    def b(self, found: dict[str, Any]) -> Any:
        first = self.twin(found, "a")
        shape = () if first is None else first.shape

        def fits(x: Array) -> bool:
            pairs = zip(reversed(x.shape), reversed(shape), strict=False)
            return all(n == m or n == 1 or m == 1 for n, m in pairs)

        return {"tensor": self.pick(fits)}

    among = values = tensor

    def tensor_where_condition(self, found: dict[str, Any]) -> Any:
        return {"tensor": self.pick(lambda x: x.dtype == bool)}

    def tensor_matmul_b(self, found: dict[str, Any]) -> Any:
        first = self.twin(found, "a")
        if first is None or not first.ndim:
            return self.tensor(found)
        inner = first.shape[-1]
        return {
            "tensor": self.pick(
                lambda x: x.ndim and x.shape[-min(x.ndim, 2)] == inner and x.dtype == first.dtype
            )
        }

    def tensor_take_indices(self, found: dict[str, Any]) -> Any:
        return {"tensor": self.pick(lambda x: x.dtype == "int64" and x.ndim == 1)}

    def indices(self, found: dict[str, Any]) -> Any:
        def fits(x: Array) -> bool:
            return x.dtype in ("int64", "int32", "bool", "uint8") and x.ndim < 3

        count = self.random.choice([1, 1, 2, 3])
        ids = [None if self.chance(0.3) else self.pick(fits) for _ in range(count)]
        return Several({"indices": {"tensors": ids}, "count": count})

    def tensor_index_put__values(self, found: dict[str, Any]) -> Any:
        first = self.twin(found, "tensor")
        return {"tensor": self.pick(lambda x: first is None or x.dtype == first.dtype)}

    def tensors(self, found: dict[str, Any]) -> Any:
        first = self.pick()
        shape = self.live[first].shape if first in self.live else ()
        more = [self.pick(lambda x: x.shape == shape) for _ in range(self.random.randrange(3))]
        return Several({"tensors": {"tensors": [first, *more]}, "count": 1 + len(more)})

    # ---- Numbers

    def ndim_of(self, found: dict[str, Any]) -> int:
        for name in ("tensor", "a"):
            if name in found:
                twin = self.twin(found, name)
                return 0 if twin is None else twin.ndim
        ids = found["tensors"]["tensors"] if "tensors" in found else []
        return self.live[ids[0]].ndim if ids and ids[0] in self.live else 0

    def axis_in(self, ndim: int) -> int:
        if self.chance(0.04):
            return self.random.choice([ndim, -ndim - 2, 2**31, -(2**63), 2**63 - 1])
        return self.random.randrange(-ndim, ndim) if ndim else self.random.choice([0, -1])

    def axis(self, found: dict[str, Any]) -> Any:
        return self.axis_in(self.ndim_of(found))

    axis0 = axis1 = axis

    def tensor_unsqueeze_axis(self, found: dict[str, Any]) -> Any:
        return self.axis_in(self.ndim_of(found) + 1)

    tensor_stack_axis = tensor_unsqueeze_axis

    def tensor_squeeze_axis(self, found: dict[str, Any]) -> Any:
        x = self.twin(found, "tensor")
        ones = [] if x is None else [axis for axis in range(x.ndim) if x.shape[axis] == 1]
        return self.random.choice(ones) if ones and self.chance(0.9) else self.axis(found)

    def optional_axis(self, found: dict[str, Any]) -> Any:
        return None if self.chance(0.3) else {"list": [self.axis(found)]}

    tensor_argmax_axis = tensor_argmin_axis = tensor_cumsum_axis = tensor_cumprod_axis = (
        optional_axis
    )
    tensor_take_axis = optional_axis

    def axes(self, found: dict[str, Any]) -> Any:
        ndim = self.ndim_of(found)
        if not ndim or self.chance(0.3):
            return Several({"axes": None, "naxes": 0})
        some = self.random.sample(range(ndim), self.random.randint(1, ndim))
        if self.chance(0.05):
            some += [self.axis(found)]
        return Several({"axes": {"list": some}, "naxes": len(some)})

    def tensor_permute_axes(self, found: dict[str, Any]) -> Any:
        some = self.random.sample(range(self.ndim_of(found)), self.ndim_of(found))
        if some and self.chance(0.05):
            some[0] = some[-1]
        return Several({"axes": {"list": some}, "naxes": len(some)})

    def shifts(self, found: dict[str, Any]) -> Any:
        over = self.axes(found)
        count = max(over["naxes"], 1)
        shifts = [self.random.randint(-5, 5) for _ in range(count)]
        return Several({"shifts": {"list": shifts}, "nshifts": count, **over})

    def counts(self, found: dict[str, Any]) -> Any:
        some = [self.random.choice([1, 1, 2, 0, 3]) for _ in range(self.random.randrange(4))]
        return Several({"counts": {"list": some}, "ncounts": len(some)})

    def dims(self, found: dict[str, Any]) -> Any:
        lengths = [1, 2, 3, 4, 5, 7, 0]
        some = [
            self.random.choice(lengths) for _ in range(self.random.choice([0, 1, 1, 2, 2, 3, 4]))
        ]
        if self.chance(0.02):  # one block of more than a page
            some = [self.random.choice([600, 1100])]
        if self.chance(0.02):
            some.append(self.random.choice([-1, -(2**63), 2**62, 2**63 - 1]))
        return Several({"dims": {"list": some}, "ndim": len(some)})

    def tensor_reshape_dims(self, found: dict[str, Any]) -> Any:
        x = self.twin(found, "tensor")
        rest, some = 1 if x is None else x.size, []
        while rest > 1 and len(some) < 4:
            factors = [n for n in range(2, min(rest, 12) + 1) if rest % n == 0] or [rest]
            some.append(self.random.choice(factors))
            rest //= some[-1]
        some.append(rest)
        self.random.shuffle(some)
        if self.chance(0.2):
            some[self.random.randrange(len(some))] = self.random.choice([-1, -1, 3, -2])
        return Several({"dims": {"list": some}, "ndim": len(some)})

    def tensor_expand_dims(self, found: dict[str, Any]) -> Any:
        x = self.twin(found, "tensor")
        shape = (
            [] if x is None else [self.random.choice([1, 2, 3]) if n == 1 else n for n in x.shape]
        )
        some = [self.random.choice([1, 2, 3]) for _ in range(self.random.randrange(2))] + shape
        if some and self.chance(0.1):
            some[-1] = self.random.choice([-1, -2, 5])
        return Several({"dims": {"list": some}, "ndim": len(some)})

    def dtype(self, found: dict[str, Any]) -> Any:
        if self.chance(0.01):
            return self.random.choice([-1, 8, 99, 2**31 - 1])
        return self.random.choice([*DTYPES, 6, 4])

    def device(self, found: dict[str, Any]) -> Any:
        return -1

    def keepdim(self, found: dict[str, Any]) -> Any:
        return self.random.randrange(2)

    descending = copied = keepdim

    def versioned(self, found: dict[str, Any]) -> Any:
        return 2 if self.chance(0.02) else self.random.randrange(2)

    def op(self, found: dict[str, Any]) -> Any:
        """Of one operator, aten::relu."""
        return Several({"op": 0, "arguments": self.tensor(found), "count": 1, "position": 0})

    def source(self, found: dict[str, Any]) -> Any:
        some, places = (self.axes(found)["axes"] or {"list": []} for _ in range(2))
        count = min(len(some["list"]), len(places["list"]))
        return Several(
            {
                "source": {"list": some["list"][:count]},
                "nsource": count,
                "destination": {"list": places["list"][:count]},
                "ndestination": count,
            }
        )

    def value(self, found: dict[str, Any]) -> Any:
        return self.random.choice([0.0, 1.0, -1.0, 2.0, 0.5, 100.0, 300.0])

    def correction(self, found: dict[str, Any]) -> Any:
        return self.random.choice([0.0, 1.0])

    def small(self, found: dict[str, Any]) -> Any:
        return self.random.randint(-3, 4)

    diagonal = offset = rows = columns = length = start = small

    def index(self, found: dict[str, Any]) -> Any:
        x = self.twin(found, "tensor")
        longest = max(x.shape, default=1) if x is not None else 1
        return self.random.randint(-min(longest, 3), min(longest, 3))

    def stop(self, found: dict[str, Any]) -> Any:
        return self.random.choice([self.small(found), 2**63 - 1, 5])

    def step(self, found: dict[str, Any]) -> Any:
        return self.random.choice([1, 1, 1, 2, 3, 0, -1]) if self.chance(0.5) else 1

    def data(self, found: dict[str, Any]) -> Any:
        dims = [
            self.random.choice([1, 2, 3, 4, 6]) for _ in range(self.random.choice([0, 1, 2, 3]))
        ]
        given = {
            "seed": self.random.randrange(2**31),
            "dims": dims,
            "dtype": self.random.choice([*DTYPES]),
        }
        return Several({"data": given, "nbytes": None, "dims": None, "ndim": None, "dtype": None})
