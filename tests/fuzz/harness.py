"""How much is fuzzed, and what is held against it: exceptions, time and memory.

FLOWDRIFT_FUZZ   mutations per decoder (`50000`), or how long each is fuzzed (`30s`, `10m`); 2,000 without it
"""

import os
import resource
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from time import perf_counter, thread_time

from monitor.base.durations import milliseconds
from monitor.base.errors import NewerFormatError, UndecodableError
from tests.fuzz.mutate import Mutator

QUICK = 2_000
SLOWEST_SECONDS = 1.0
"""No single record may take longer, in CPU time of its thread: another process cannot fail this."""
MEAN_SECONDS = 0.005
"""Nor all of them together longer than this each, at the size of these seeds."""
SAMPLED = 200
"""The memory of every so many-th record is traced, which costs time."""
PEAK_BYTES, PEAK_RATIO = 1 << 20, 200
"""Python's own memory while one record is read: at most this, plus so many times its size."""
GROWN_BYTES = 256 << 20
"""What the process may grow by while it reads all of them: tables are bounded, nothing leaks."""


def numbers() -> Iterator[int]:
    """The numbers of the mutations to try."""
    told = os.environ.get("FLOWDRIFT_FUZZ", str(QUICK))
    if told.isdigit():
        yield from range(int(told))
        return
    end = perf_counter() + milliseconds(told) / 1000
    for number in count():
        if number % 100 == 0 and perf_counter() > end:
            return
        yield number


def fuzz(mutator: Mutator, read: Callable[[bytes], object]) -> Counter[str]:
    """Let `read` read mutations: how many were read (''), or refused with which code.

    AssertionError names the mutation where anything but UndecodableError or NewerFormatError comes out, or
    one takes too long or too much memory.
    """
    outcomes: Counter[str] = Counter()
    spent, before = 0.0, _grown()
    for number in numbers():
        payload = mutator.mutation(number)
        begun = thread_time()
        outcomes[_outcome(read, payload, number)] += 1
        took = thread_time() - begun
        spent += took
        assert took < SLOWEST_SECONDS, f"mutation {number} took {took:.1f} s: {payload.hex()}"
        if number % SAMPLED == 0:
            peak = _peak(read, payload, number)
            assert peak < PEAK_BYTES + PEAK_RATIO * len(payload), f"mutation {number}: {peak} bytes"
    assert spent < SLOWEST_SECONDS + MEAN_SECONDS * outcomes.total()
    assert _grown() - before < GROWN_BYTES
    return outcomes


def _outcome(read: Callable[[bytes], object], payload: bytes, number: int) -> str:
    try:
        read(payload)
    except (UndecodableError, NewerFormatError) as refused:
        return refused.code
    except Exception as error:
        raise AssertionError(f"mutation {number}: {error!r} from {payload.hex()}") from error
    return ""


def _peak(read: Callable[[bytes], object], payload: bytes, number: int) -> int:
    """Bytes that Python allocated at most while reading a record."""
    tracemalloc.start()
    try:
        _outcome(read, payload, number)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _grown() -> int:
    """The largest size that this process ever had, in bytes (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
