"""The cases of bench.cases.operations as pytest-benchmark tests; that module runs this file."""

from __future__ import annotations

import os
from itertools import count
from time import perf_counter
from typing import Any

import pytest

from bench.cases import routes
from bench.cases.blocks import Block
from bench.cases.operations import CASES, verify

# Seconds of one case, its minimum and its maximum number of pairs.
FULL, QUICK = (6.0, 30, 300), (0.25, 3, 100)


@pytest.mark.parametrize("key", CASES)
def test_case(benchmark: Any, key: str) -> None:
    """Times pairs of blocks of both sides; fails on a wrong route or a wrong result."""
    case = CASES[key]
    arrays = case.arrays()
    expected = case.expected(*arrays)
    routes.set_threads(case.threads)
    names = {}
    for route in (case.ours, case.peer):
        with routes.on(route):
            names[route] = routes.names(route, *arrays)
            verify(case, route, names[route], expected)
    with routes.on(case.ours):
        ours, peer = (Block(case.statement, names[route]) for route in (case.ours, case.peer))
        ours.calibrate()
        peer.calls = ours.calls
        peers = []

        def time_peer() -> None:
            began = perf_counter()
            peer()
            peers.append(perf_counter() - began)

        time_peer()  # warm-up
        rounds = _rounds(2 * peers.pop())
        turns = count()

        def time_peers() -> None:
            """Runs before each round of ours: peer, ours, ours, peer, so that the order alternates."""
            turn = next(turns)
            for _ in range(0 if turn % 2 else min(turn, 1) + 1):
                time_peer()

        benchmark.pedantic(ours, setup=time_peers, rounds=rounds)
        time_peer()
    benchmark.extra_info.update(key=key, calls=ours.calls, threads=case.threads, peer=peers)
    for route in (case.ours, case.peer):
        with routes.on(route):
            verify(case, route, names[route], expected)


def _rounds(pair: float) -> int:
    """The number of pairs to time, even, if one takes ``pair`` seconds."""
    seconds, least, most = QUICK if os.environ.get("QUICK") == "1" else FULL
    return 2 * ((min(most, max(least, int(seconds / pair))) + 1) // 2)
