"""Frames: C memory for the arguments and results of one operator call."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from torchffi._libtorch.loader import ffi, lib

MOST_ARGUMENTS: Final = 128
MOST_RESULTS: Final[int] = lib.TORCHFFI_MOST_RESULTS
_free_results: Final = lib.torchffi_free_results
# An rt_torch_value as 64-bit words: the tag and the length (upper half), then 16 bytes of value.
WORDS: Final = 3
TAG: Final = 0xFFFFFFFF


class Frame:
    """C memory for the arguments of one call.

    Attributes:
        arguments: The array of rt_torch_value.
        words, doubles: The arguments as 64-bit integers, and as doubles.
        keep: Objects that must stay alive during the call.
    """

    __slots__ = ("arguments", "doubles", "keep", "words")

    def __init__(self, arguments: int) -> None:
        self.arguments = ffi.new("rt_torch_value[]", arguments)
        memory = memoryview(ffi.buffer(self.arguments))
        self.words = memory.cast("q")
        self.doubles = memory.cast("d")
        self.keep: list[Any] = []


class ResultFrame(Frame):
    """As :class:`Frame`, with memory for the results.

    The frame owns the results that it holds: they are freed with it, in C, so that none is lost where an
    exception of a signal handler comes between the call and the code that unpacks them.

    Attributes:
        results: The array of rt_torch_value.
        returned, returned_doubles: The results as 64-bit integers, and as doubles.
    """

    __slots__ = ("_owner", "results", "returned", "returned_doubles")

    def __init__(self, arguments: int) -> None:
        super().__init__(arguments)
        self.results = ffi.new("rt_torch_value[]", MOST_RESULTS)
        memory = memoryview(ffi.buffer(self.results))
        self.returned = memory.cast("q")
        self.returned_doubles = memory.cast("d")
        self._owner = ffi.gc(self.results, _free_results)


# Free list of frames, one per concurrent call. A deque, because a list shrinks its buffer when emptied.
frames: Final[deque[ResultFrame]] = deque()


def unused_frame() -> ResultFrame:
    """A frame from the free list, or a new one. The caller passes it to :func:`reuse` after the call."""
    try:
        return frames.pop()
    except IndexError:
        return ResultFrame(MOST_ARGUMENTS)


def reuse(frame: ResultFrame) -> None:
    """Adds a frame to the free list, without the objects that the call needed."""
    frame.keep = _NOTHING
    frames.append(frame)


_NOTHING: Final[list[Any]] = []
