"""Kinds of arguments of the fast path of an operation: see ``fast_path.py``.

All other arguments take the slow path: tensors of other classes, a float for an integer, NumPy's
scalars, and a bool for an integer, which NumPy and C treat differently.
"""

from __future__ import annotations

from torchffi._stdlib.typing import Final, NamedTuple

# Types of arguments that are not tensors.
Scalar = bool | int | float | complex
Axis = int | tuple[int, ...] | None


class Kind(NamedTuple):
    """A kind of argument.

    Attributes:
        lines: Statements that check it. ``{0}`` is replaced by its name, ``REFUSE`` by a return of
            the slow path's result.
        raw: The expression that is passed to the C function.
        leads: Whether it looks up the entry, so that its lines must come first.
        in_c: The expression on LibTorch, if it is another one: ``INTS`` has the integers as an array in
            C, which takes a fifth of the time of converting them.
    """

    lines: str = ""
    raw: str = ""
    leads: bool = False
    in_c: str = ""

    def and_then(self, lines: str) -> Kind:
        """The same kind with one more check."""
        return self._replace(lines=f"{self.lines.rstrip()}\n{lines}")


_ENTRY: Final = """
if entry is None:
    REFUSE
make, kind, call = entry
"""

# ---- Tensors. ``own`` is the class of the operand that selects the entry; the others must have it too.

OPERAND: Final = Kind(f"own = type({{0}})\nentry = table.get(own){_ENTRY}", "{0}._data", True)
# ... on the CPU. On NumPy, which has no other device, the call is a name.
ON_CPU: Final = OPERAND.and_then(
    "if type(call) is not str and IS_CUDA({0}._data) != 0:\n    REFUSE"
)
SAME: Final = Kind("if type({0}) is not own:\n    REFUSE", "{0}._data")
SAME_OR_NONE: Final = Kind(
    "if {0} is not None and type({0}) is not own:\n    REFUSE", "0 if {0} is None else {0}._data"
)
BOOLS: Final = Kind("if type({0}) is not BOOLS_OF.get(own):\n    REFUSE", "{0}._data")
INDICES: Final = Kind("if type({0}) is not INDICES_OF.get(own):\n    REFUSE", "{0}._data")
INDICES_OR_NONE: Final = Kind(
    "if {0} is not None and type({0}) is not INDICES_OF.get(own):\n    REFUSE",
    "0 if {0} is None else {0}._data",
)
MASK: Final = Kind(
    "if {0} is not None and type({0}) is not own and type({0}) is not BOOLS_OF[own]:\n    REFUSE",
    "0 if {0} is None else {0}._data",
)
_SCALAR: Final = """
if type({0}) is own:
    {0}_ = {0}._data
else:
    try:
        {0}_ = SCALARS[own, type({0}), {0}]._data
    except (KeyError, TypeError):
        REFUSE
    if not {0} and str({0}) == "-0.0":
        REFUSE
"""
SAME_OR_SCALAR: Final = Kind(_SCALAR, "{0}_")
BOUND: Final = Kind(f"if {{0}} is None:\n    {{0}}_ = 0\nel{_SCALAR[1:]}", "{0}_")
TENSORS: Final = Kind(
    f"""
if type({{0}}) is not list and type({{0}}) is not tuple or not {{0}}:
    REFUSE
own = type({{0}}[0])
entry = table.get(own){_ENTRY}
{{0}}_ = []
for {{0}}_i in {{0}}:
    if type({{0}}_i) is not own:
        REFUSE
    {{0}}_.append({{0}}_i._data)
""",
    "{0}_, len({0}_)",
    True,
)

# The shape of another tensor.
SHAPE_OF: Final = Kind(
    "if not isinstance({0}, TENSOR):\n    REFUSE\n{0}_ = {0}.shape",
    "{0}_, len({0}_)",
    in_c="INTS[{0}_], len({0}_)",
)

# ---- Numbers. Bools are not integers here: NumPy and C treat them differently.

INTEGER: Final = Kind("if type({0}) is not int:\n    REFUSE", "{0}")
NUMBER: Final = Kind("if type({0}) is not float and type({0}) is not int:\n    REFUSE", "{0}")
FLAG: Final = Kind("if {0} is not False and {0} is not True:\n    REFUSE", "{0}")
POINTER: Final = Kind(  # to a number, or NULL
    "if {0} is not None and type({0}) is not float and type({0}) is not int:\n    REFUSE",
    "NULL if {0} is None else ({0},)",
)
AXIS_OR_NONE: Final = Kind(
    "if {0} is not None and type({0}) is not int:\n    REFUSE",
    "NULL if {0} is None else ({0},)",
    in_c="NULL if {0} is None else INTS[{0}]",
)
# A tuple of integers. A loop, because shapes are short: set.issuperset() costs as much as five of them.
TUPLE: Final = Kind(
    """
if type({0}) is not tuple:
    REFUSE
for {0}_i in {0}:
    if type({0}_i) is not int:
        REFUSE
""",
    "{0}, len({0})",
    in_c="INTS[{0}], len({0})",
)
# A shape, or axes: an integer or a tuple of them.
INTEGERS: Final = Kind(
    """
if type({0}) is int:
    {0}_ = ({0},)
elif type({0}) is tuple:
    {0}_ = {0}
    for {0}_i in {0}:
        if type({0}_i) is not int:
            REFUSE
else:
    REFUSE
""",
    "{0}_, len({0}_)",
    in_c="INTS[{0}_], len({0}_)",
)
# A tuple of integers, or NULL.
TUPLE_OR_NONE: Final = Kind(
    """
if {0} is None:
    {0}_, n_{0} = NULL, 0
elif type({0}) is tuple and {0}:
    {0}_, n_{0} = {0}, len({0})
    for {0}_i in {0}:
        if type({0}_i) is not int:
            REFUSE
else:
    REFUSE
""",
    "{0}_, n_{0}",
    in_c="INTS[{0}_] if n_{0} else {0}_, n_{0}",
)
# Integers as separate arguments, or in one tuple.
EACH: Final = Kind(
    """
{0}_ = {0}
for {0}_i in {0}:
    if type({0}_i) is not int:
        if type({0}_i) is not tuple or len({0}) != 1:
            REFUSE
        {0}_ = {0}_i
        for {0}_i in {0}_:
            if type({0}_i) is not int:
                REFUSE
""",
    "{0}_, len({0}_)",
    in_c="INTS[{0}_], len({0}_)",
)
# Lengths: C reads -1 as the length of the operand.
LENGTHS: Final = INTEGERS.and_then("if {0}_ and min({0}_) < 0:\n    REFUSE")
# None is all axes, NULL in C. An empty tuple is no axis; C would reduce all.
AXES: Final = TUPLE_OR_NONE._replace(
    lines=TUPLE_OR_NONE.lines.replace(
        "elif", "elif type({0}) is int:\n    {0}_, n_{0} = ({0},), 1\nelif"
    )
)


def constant(raw: str, in_c: str = "") -> Kind:
    """An argument of the C function that the Python function does not have."""
    return Kind(raw=raw, in_c=in_c)


def either(*words: str) -> Kind:
    """One of some strings, passed as its position."""
    check = f"if type({{0}}) is not str or {{0}} not in {words}:\n    REFUSE"
    return Kind(check, f"{words}.index({{0}})")


IGNORED: Final = Kind()

# Values of a new tensor, which determine its dtype if that is None.
FILL: Final = Kind(
    """
if type({0}) not in DEFAULTS:
    REFUSE
if dtype is None:
    dtype = DEFAULTS[type({0})]
""",
    "{0}",
    True,
)
# The first value of a range, with the checks of the others: the types of all determine the dtype.
START: Final = Kind(
    NUMBER.lines
    + """
if type(stop) not in NUMBERS or (type(step) is not int and type(step) is not float):
    REFUSE
if dtype is None:
    of_floats = type(start) is float or type(stop) is float or type(step) is float
    dtype = DEFAULTS[float if of_floats else int]
""",
    "{0}",
    True,
)
STOP: Final = Kind(raw=POINTER.raw)
STEP: Final = Kind(raw="{0}")

# ---- Dtypes

# The dtype of the result; None for that of the entry. A conversion from complex to real is refused.
DTYPE: Final = Kind(
    "if {0} is not None:\n    try:\n        kind = CONVERSIONS[own, {0}]\n"
    "    except (KeyError, TypeError):\n        REFUSE",
    "kind._code",
)
# The dtype of a tensor created on the chosen backend.
NEW: Final = Kind(
    "if {0} is not None and type({0}) is not DTYPE:\n    REFUSE\n"
    f"entry = table[CHOSEN() or BACKENDS.default].get({{0}}){_ENTRY}",
    "kind._code",
    True,
)
CPU: Final = Kind(
    'if {0} is not None and (type({0}) is not str or {0} != "cpu"):\n    REFUSE', "-1"
)
