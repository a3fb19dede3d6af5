"""What a process can tell of itself: seconds since it began, part by part, and its memory.

Imports nothing but ``time``, so that a process can have it before anything else.
"""

from time import CLOCK_BOOTTIME, clock_gettime, perf_counter

USER_HZ = 100  # ticks a second, the same in every program that Linux runs


def seconds_since_start() -> float:
    """Seconds since the system started this process; exact to a hundredth, for it keeps no more."""
    with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
        # The second field, the name in parentheses, may contain anything.
        fields = file.read().rpartition(")")[2].split()
    return clock_gettime(CLOCK_BOOTTIME) - int(fields[19]) / USER_HZ


def resident_bytes() -> int:
    """Memory of this process that is resident now."""
    return _status("VmRSS")


def peak_bytes() -> int:
    """The most memory of this process that was ever resident.

    A process has to ask for itself: what its parent is told of it counts the parent's memory too.
    """
    return _status("VmHWM")


def _status(field: str) -> int:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        line = next(line for line in file if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


class Laps:
    """Seconds by part, one part after the other; the first is what Python itself took to start."""

    def __init__(self) -> None:
        self.seconds = {"Python": seconds_since_start()}
        self._ended = perf_counter()

    def end(self, part: str) -> None:
        """A part ends here. It began where the last one ended."""
        now = perf_counter()
        self.seconds[part] = now - self._ended
        self._ended = now
