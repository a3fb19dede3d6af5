"""What a program requires of its inputs: dtypes, sizes, ranges of dynamic sizes, guards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from torchffi._core.tensor import Tensor
from torchffi._export import schema
from torchffi._export.expressions import Compiled, compile_expression, shown
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError, ShapeError

_SYMBOL: Final = re.compile(r"Symbol\('(\w+)'[^()]*\)")
_MAX_SIZE: Final = 2**63 - 1
_NUMBERED: Final = re.compile(r"L\['(\w+)_(\d+)'\]")


class Size:
    """One size: a number, or an expression over symbols."""

    __slots__ = ("compute", "fixed", "symbols", "text")

    def __init__(self, size: Mapping[str, Any]) -> None:
        kind, value = schema.only(size)
        self.fixed: int | None = int(value) if kind == "as_int" else None
        self.text = str(value) if kind == "as_int" else str(value["expr_str"])
        self.compute: Compiled | None = None
        self.symbols: tuple[str, ...] = ()
        if kind == "as_expr":
            self.compute = compile_expression(self.text)
            self.symbols = tuple(dict.fromkeys(_SYMBOL.findall(self.text)))

    @property
    def bare(self) -> bool:
        """Whether it is one symbol."""
        return _SYMBOL.fullmatch(self.text) is not None

    def __str__(self) -> str:
        return shown(self.text)


class TensorInput:
    """What is required of one tensor."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.dtype: DType = schema.dtype(meta["dtype"])
        self.sizes = [Size(size) for size in meta["sizes"]]

    def check(self, value: Any, name: str) -> None:
        """Checks the type, the dtype, the number of axes and the sizes that are fixed.

        Raises:
            TypeError: It is not a tensor of the dtype.
            ValueError: The shape does not fit.
        """
        if not isinstance(value, Tensor):
            kind = type(value)
            full = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
            raise DTypeError(
                f"{name}: expected a torchffi.Tensor, got a {full}; torchffi.asarray() makes one"
            )
        if value.dtype is not self.dtype:
            raise DTypeError(
                f"{name}: dtype {value.dtype}, expected {self.dtype}; "
                f"{name}.astype(torchffi.{self.dtype}) converts it"
            )
        if len(value.shape) != len(self.sizes):
            raise ShapeError(f"{name}: shape {value.shape}, expected {self}")
        for axis, (found, size) in enumerate(zip(value.shape, self.sizes, strict=True)):
            if size.fixed is not None and found != size.fixed:
                raise ShapeError(
                    f"{name}: length of axis {axis} is {found}, expected {size.fixed} "
                    f"(not dynamic in this program: {self})"
                )

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.sizes))}]"


class Constraints:
    """All requirements that relate sizes of several axes or tensors."""

    def __init__(self, ranges: Mapping[str, Any], guards: Sequence[str]) -> None:
        self.ranges: dict[str, tuple[int | None, int | None]] = {
            str(name): (one.get("min_val"), one.get("max_val")) for name, one in ranges.items()
        }
        self._guards: list[tuple[str, Compiled]] = []
        self.unknown: list[str] = []  # guards that cannot be checked
        for guard in guards:
            try:
                self._guards.append((str(guard), compile_expression(guard)))
            except NotSupportedError:
                self.unknown.append(str(guard))

    def check(
        self,
        inputs: Sequence[tuple[str, str, TensorInput | Size | None, Any]],
        guards: bool,
    ) -> None:
        """Finds the value of each symbol, and checks all sizes and ranges.

        Args:
            inputs: For each input its name, its place in guards, what is required, and the value.
            guards: Whether to check the conditions that the program was specialised for.

        Raises:
            ValueError: A size does not fit the others, is out of its range, or a guard does not hold.
            NotImplementedError: A guard cannot be checked.
        """
        sizes = [
            (f"{name}: length of axis {axis}", size, found)
            for name, _, required, value in inputs
            if isinstance(required, TensorInput)
            for axis, (size, found) in enumerate(zip(required.sizes, value.shape, strict=True))
            if size.fixed is None
        ]
        sizes += [
            (name, required, value)
            for name, _, required, value in inputs
            if isinstance(required, Size)
        ]
        symbols = self._solve(sizes)
        for name, (low, high) in self.ranges.items():
            found = symbols.get(name)
            if found is None:
                continue
            # PyTorch records 2 where it assumes that a size is neither 0 nor 1, and takes these.
            least = low if low is not None and low > 2 else 0
            if not least <= found[0] <= (_MAX_SIZE if high is None else high):
                limits = f"at least {least}" if high is None else f"{least} to {high}"
                raise ShapeError(f"{found[1]} is {found[0]}, expected {limits}")
        if guards:
            self._check_guards(inputs)

    def _solve(self, sizes: Sequence[tuple[str, Any, int]]) -> dict[str, tuple[int, str]]:
        symbols: dict[str, tuple[int, str]] = {}
        for place, size, found in sorted(sizes, key=lambda one: not one[1].bare):
            missing = [name for name in size.symbols if name not in symbols]
            if len(missing) == 1:
                value = _solution(size, missing[0], found, symbols, place)
                symbols[missing[0]] = (
                    value,
                    place if size.bare else f"{missing[0]}, from {place},",
                )
            elif missing:
                continue  # more than one unknown: a later size may give them
            known = {name: symbols[name][0] for name in size.symbols}
            expected = size.compute(known)
            if found != expected:
                other = symbols[size.symbols[0]][1] if size.symbols else ""
                raise ShapeError(
                    f"{place} is {found}, expected {expected}: {size}, from {other}".rstrip(",")
                )
        return symbols

    def _check_guards(self, inputs: Sequence[tuple[str, str, Any, Any]]) -> None:
        if self.unknown:
            raise NotSupportedError(
                f"this condition of the program cannot be checked: {self.unknown[0]}; "
                "module(check_guards=False) runs it without"
            )
        if not self._guards:
            return
        places: dict[str, Any] = {}
        for at, (_, place, _, value) in enumerate(inputs):
            # Guards call an argument of *given L['given'][0], which the signature calls L['given_0'];
            # those of a strict export number all inputs.
            for name in {place, _NUMBERED.sub(r"L['\1'][\2]", place), f"L['flat_args'][{at}]"}:
                places[name] = value
                if isinstance(value, Tensor):
                    places |= {f"{name}.size()[{i}]": n for i, n in enumerate(value.shape)}
        for text, holds in self._guards:
            try:
                kept = holds(places)
            except (KeyError, ArithmeticError, TypeError, ValueError) as error:
                raise NotSupportedError(
                    f"this condition of the program cannot be checked: {text} ({error!r}); "
                    "module(check_guards=False) runs it without"
                ) from None
            if not kept:
                raise ShapeError(f"the program was exported for inputs where {text}")


def _solution(
    size: Size, name: str, found: int, symbols: Mapping[str, tuple[int, str]], place: str
) -> int:
    """The value of a symbol for which a size of the form a * symbol + b is as found."""
    assert size.compute is not None
    known = {other: value for other, (value, _) in symbols.items()}
    at_zero = size.compute({**known, name: 0})
    slope = size.compute({**known, name: 1}) - at_zero
    if slope == 0:
        raise NotSupportedError(f"{place}: size {size} does not give {name}")
    value, rest = divmod(found - at_zero, slope)
    if rest or size.compute({**known, name: value}) != found:
        raise ShapeError(f"{place} is {found}, which is not {size} for any {name}")
    return int(value)


def check_constant(name: str, value: Any, expected: Any) -> None:
    """Checks an argument that was a constant when the program was exported.

    Raises:
        ValueError: It has another value.
    """
    if type(value) is not type(expected) or (value != expected and value == value):
        raise InvalidArgumentError(
            f"{name}: got {value!r:.100}, expected {expected!r:.100} (a constant in this program)"
        )
