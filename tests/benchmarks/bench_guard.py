"""What it costs to count the messages of a protobuf payload before it is parsed, beside the parse itself.

    python -m tests.benchmarks.bench_guard

Both in turn, the best of some rounds, in CPU milliseconds; the last column is their ratio. Payloads that are
refused are parsed all the same, for comparison. Nothing is asserted on time.
"""

import random
import time
from collections.abc import Callable

from monitor.base.errors import UndecodableError
from monitor.base.steps import result_of
from monitor.wire import otlp_schema
from monitor.wire.guard import check_message_count
from tests.benchmarks.bench_decode import SEED, message
from tests.benchmarks.hostile import INPUTS

LIMIT, SIZE, ROUNDS, MEGABYTE = 100_000, 100_000, 7, 1_000_000
HOSTILE = (
    "empty spans",
    "almost too many empty spans",
    "empty attributes",
    "unknown fields",
    "a resource each",
)


def best(work: Callable[[], object]) -> float:
    """CPU milliseconds of the quickest of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken) * 1e3


def guard(payload: bytes) -> str:
    """Count the messages; what comes of it."""
    try:
        result_of(check_message_count(payload, LIMIT))
    except UndecodableError as refused:
        return refused.code
    return "accepted"


def main() -> None:
    """One line per payload."""
    seed, usual = random.Random(SEED), bytearray()
    payloads = {}
    for size in (1, 4, 16):
        while len(usual) < size * MEGABYTE:
            usual += message(seed)
        payloads[f"usual, {size} MB"] = bytes(usual)
    payloads |= {name: b"".join(INPUTS[name].payloads(SIZE)) for name in HOSTILE}
    print(f"{'':28} {'bytes':>10} {'guard':>7} {'parse':>7} ratio")
    for name, payload in payloads.items():
        count = best(lambda given=payload: guard(given))  # type: ignore[misc]
        parse = best(lambda given=payload: otlp_schema.Request.FromString(given))  # type: ignore[misc]
        print(
            f"{name:28} {len(payload):10,} {count:7.2f} {parse:7.2f} {count / parse:5.2f}  {guard(payload)}"
        )


if __name__ == "__main__":
    main()
