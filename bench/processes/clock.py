"""Time since the start of this process, by part, and its memory.

Imports only ``time``, so that a process can import it before anything else.
"""

from time import CLOCK_BOOTTIME, clock_gettime, perf_counter

USER_HZ = 100  # ticks per second, fixed in the Linux ABI


def seconds_since_start() -> float:
    """Seconds since the system started this process, with the kernel's resolution of 0.01 s."""
    with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
        # The second field, the name in parentheses, may contain anything.
        fields = file.read().rpartition(")")[2].split()
    return clock_gettime(CLOCK_BOOTTIME) - int(fields[19]) / USER_HZ


def resident_bytes() -> int:
    """Resident memory of this process."""
    return _status("VmRSS")


def peak_bytes() -> int:
    """Peak resident memory of this process.

    Not from the parent: its ``ru_maxrss`` for a child includes the memory shared at the fork.
    """
    return _status("VmHWM")


def _status(field: str) -> int:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        line = next(line for line in file if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


class Laps:
    """Seconds by consecutive part; the first is the start of Python itself."""

    def __init__(self) -> None:
        self.seconds = {"Python": seconds_since_start()}
        self._ended = perf_counter()

    def end(self, part: str) -> None:
        """Ends a part, which began where the last one ended."""
        now = perf_counter()
        self.seconds[part] = now - self._ended
        self._ended = now
