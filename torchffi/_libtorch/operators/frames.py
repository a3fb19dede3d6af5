"""Frames: C memory for the arguments and results of one operator call."""

from __future__ import annotations

from typing import Any, Final

from torchffi._libtorch.loader import ffi, lib

_TENSOR: Final[int] = lib.RT_TORCH_TENSOR
# An rt_torch_value as 64-bit words: the tag and the length (upper half), then 16 bytes of value.
WORDS: Final = 3
TAG: Final = 0xFFFFFFFF


class Frame:
    """C memory for the arguments and results of one call.

    Attributes:
        arguments, results: The arrays of rt_torch_value.
        words, doubles: The arguments as 64-bit integers, and as doubles.
        returned: The results as 64-bit integers.
        keep: Objects that must stay alive during the call.
    """

    __slots__ = ("arguments", "doubles", "keep", "results", "returned", "words")

    def __init__(self, arguments: int, results: int = 0) -> None:
        self.arguments = ffi.new("rt_torch_value[]", arguments)
        self.results = ffi.new("rt_torch_value[]", results)
        memory = memoryview(ffi.buffer(self.arguments))
        self.words = memory.cast("q")
        self.doubles = memory.cast("d")
        self.returned = memoryview(ffi.buffer(self.results)).cast("q")
        self.keep: list[Any] = []


def frame_of_tensors(most: int) -> Frame:
    """A frame for one result and tensor arguments, whose tags are set; only the handles are missing."""
    frame = Frame(most, 1)
    for at in range(0, most * WORDS, WORDS):
        frame.words[at] = _TENSOR
    return frame
