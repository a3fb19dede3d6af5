"""Random sequences of calls of the C ABI, compared with NumPy. A program, because it may crash.

    python -m tests.fuzz.abi CALLS [SEED]    draws; prints one JSON line {"calls": n, ..., "wrong": ...}
    python -m tests.fuzz.abi steps SEED      draws one sequence and prints each step before its call
    python -m tests.fuzz.abi replay          replays the steps in standard input

Before each sequence its seed goes to stderr, so that a caller can replay one that killed the process.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from typing import Any

from tests.fuzz.draw import STALE, Draw, Step
from tests.fuzz.pool import FUNCTIONS, Pool, WrongError
from tests.fuzz.views import TWINS
from torchffi._libtorch.loader import lib, load

STEPS = 400  # of a sequence
MOST_LIVE = 40
NAMES = sorted(TWINS)


def steps(seed: str, pool: Pool) -> Any:
    """The steps of a sequence. Which ones it draws depends on the tensors in the pool."""
    draw = Draw(seed)
    for number in range(STEPS):
        draw.live = {i: entry.twin for i, entry in pool.entries.items()}
        if len(draw.live) >= MOST_LIVE or draw.chance(0.1):
            chosen = STALE if draw.chance(0.05) else draw.pick()
            yield [number, "tensor_free", [{"tensor": chosen}]]
            continue
        name = draw.random.choice(NAMES) if len(draw.live) > 4 else "tensor_from_data"
        yield [number, name, draw.arguments(FUNCTIONS[name])]


def printed(sequence: Any) -> Any:
    for step in sequence:
        print(json.dumps(step), flush=True)
        yield step


def run(sequence: Any, pool: Pool, done: list[Step], used: Counter[str]) -> str | None:
    """Applies steps; the ones that applied go to ``done``. Returns the first fault, or None."""
    try:
        for step in sequence:
            done.append(step)
            if pool.apply(step):
                used[step[1]] += 1
            else:
                done.pop()
        pool.clear()
    except WrongError as wrong:
        return str(wrong)
    return None


def main() -> None:
    if not load().available:
        raise SystemExit(f"LibTorch cannot be used: {load().reason}")
    lib.rt_torch_set_num_threads(1)
    used: Counter[str] = Counter()
    if sys.argv[1] == "replay":
        fault = run(json.load(sys.stdin), Pool(), [], used)
        print(json.dumps({"wrong": fault}))
        return
    if sys.argv[1] == "steps":
        pool = Pool()
        run(printed(steps(sys.argv[2], pool)), pool, [], used)
        return
    most, seed = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "0"
    report: dict[str, Any] = {"calls": 0, "failures": 0, "compared": 0, "wrong": None}
    started, episode = time.perf_counter(), 0
    while report["calls"] < most and report["wrong"] is None:
        print(f"{seed}:{episode}", file=sys.stderr, flush=True)
        pool, done = Pool(), list[Step]()
        fault = run(steps(f"{seed}:{episode}", pool), pool, done, used)
        for name in ("calls", "failures", "compared"):
            report[name] += getattr(pool, name)
        if fault is not None:
            report |= {"wrong": fault, "seed": f"{seed}:{episode}", "steps": done}
        episode += 1
    report["seconds"] = round(time.perf_counter() - started, 1)
    print(json.dumps({**report, "used": used}))


if __name__ == "__main__":
    main()
