"""What it costs to read and write records, and state: by declared types (msgspec) and by hand, side by side.

`python -m tests.benchmarks.bench_records` prints microseconds, the best of some rounds, in one process.
"""

from collections.abc import Callable
from pathlib import Path
from time import process_time
from timeit import repeat
from typing import Any

import msgspec
import orjson

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.placed import read_as, written
from monitor.pipeline.timeline.runs import Run, Runs

GOLDEN = Path(__file__).parents[1] / "golden" / "verdicts" / "flow.json"
ROUNDS, LOOPS = 15, 1000
RUNS = 500


class PackedRun(msgspec.Struct, array_like=True):
    """A run as `Runs.pack` writes it, declared: the same bytes."""

    environment: str
    run: str
    first: int
    last: int
    suite: str
    cut: int
    finished: int | None
    end: int | None
    settled_at: int
    complete: bool
    marks: tuple[tuple[str, str], ...]
    rolling: bool
    announced: int | None


def micros(work: Callable[[], object], loops: int = LOOPS) -> float:
    """Microseconds of CPU of one call: other processes cost it little."""
    return min(repeat(work, number=loops, repeat=ROUNDS, timer=process_time)) / loops * 1e6


def records() -> dict[str, float]:
    """A flow's record with seven verdicts."""
    typed = read_as(FlowVerdicts, GOLDEN.read_bytes())
    value = written(typed)
    plain = orjson.loads(value)
    lines: list[dict[str, Any]] = plain["verdicts"]
    return {
        "record, read, as dicts": micros(lambda: orjson.loads(value)),
        "record, read, by types": micros(lambda: read_as(FlowVerdicts, value)),
        "record, written, by hand": micros(
            lambda: orjson.dumps({**plain, "verdicts": [{key: line[key] for key in line} for line in lines]})
        ),
        "record, written, by types": micros(lambda: written(typed)),
    }


def state() -> dict[str, float]:
    """The runs that a shard's timeline keeps."""
    runs = Runs()
    at = LogTime(1_700_000_000_000)
    for number in range(RUNS):
        key = RunKey("integration", f"build-{number}")
        runs.known[key] = Run(at, at, "nightly", at, end=at, marks=(("branch", "main"),))
    packed = orjson.dumps(runs.pack()[0])
    declared = msgspec.json.decode(packed, type=list[PackedRun])
    assert orjson.dumps(msgspec.to_builtins(declared)) == packed
    few = LOOPS // 100
    return {
        "500 runs, packed by hand": micros(lambda: orjson.dumps(runs.pack()[0]), few),
        "500 runs, packed by types": micros(lambda: orjson.dumps(msgspec.to_builtins(declared)), few),
        "500 runs, unpacked by hand": micros(lambda: Runs.unpack([orjson.loads(packed), {}, {}, []]), few),
        "500 runs, unpacked by types": micros(
            lambda: {
                RunKey(each.environment, each.run): each
                for each in msgspec.json.decode(packed, type=list[PackedRun])
            },
            few,
        ),
    }


if __name__ == "__main__":
    for name, cost in {**records(), **state()}.items():
        print(f"{name:30} {cost:10.1f} us")
