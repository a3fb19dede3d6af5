"""The table of edit distances of two words, element by element."""

from typing import Any

FIRST, SECOND = "kitten sitting on the mat", "sitting kitten at the mall"


def run(lib: Any) -> Any:
    """The table; its last element is the distance."""
    table = lib.zeros((len(FIRST) + 1, len(SECOND) + 1), dtype=lib.int64)
    table[0] = lib.arange(len(SECOND) + 1)
    table[:, 0] = lib.arange(len(FIRST) + 1)
    for i, one in enumerate(FIRST, 1):
        for j, other in enumerate(SECOND, 1):
            best = lib.minimum(table[i - 1, j], table[i, j - 1]) + 1
            table[i, j] = lib.minimum(best, table[i - 1, j - 1] + int(one != other))
    return table
