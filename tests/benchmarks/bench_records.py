"""What it costs to read and write records, and state: by declared types (msgspec) and by hand, side by side.

`python -m tests.benchmarks.bench_records` prints microseconds, the best of some rounds, in one process.
"""

from collections.abc import Callable
from pathlib import Path
from time import process_time
from timeit import repeat
from typing import Any

import orjson

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.placed import read_as, written
from monitor.pipeline.timeline.runs import Run, Runs

GOLDEN = Path(__file__).parents[1] / "golden" / "verdicts" / "flow.json"
ROUNDS, LOOPS = 15, 1000
RUNS = 500


def by_hand(runs: Runs) -> list[list[Any]]:
    """Runs as `Runs.pack` gives them, written out field by field."""
    return [
        [
            *key,
            run.first,
            run.last,
            run.suite,
            run.cut,
            run.finished,
            run.end,
            run.settled_at,
            run.complete,
            run.marks,
            run.rolling,
            run.announced,
        ]
        for key, run in runs.known.items()
    ]


def from_hand(plain: list[list[Any]]) -> dict[RunKey, Run]:
    """The runs that `by_hand` packed, without a check of their types."""
    known = {RunKey(environment, name): Run(*rest) for environment, name, *rest in plain}
    for run in known.values():
        run.marks = tuple((name, value) for name, value in run.marks)
    return known


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
    assert orjson.dumps(by_hand(runs)) == packed
    assert from_hand(orjson.loads(packed)) == runs.known
    few = LOOPS // 100
    return {
        "500 runs, packed by hand": micros(lambda: orjson.dumps(by_hand(runs)), few),
        "500 runs, packed by types": micros(lambda: orjson.dumps(runs.pack()[0]), few),
        "500 runs, unpacked by hand": micros(lambda: from_hand(orjson.loads(packed)), few),
        "500 runs, unpacked by types": micros(lambda: Runs.unpack([orjson.loads(packed), {}, {}, []]), few),
    }


if __name__ == "__main__":
    for name, cost in {**records(), **state()}.items():
        print(f"{name:30} {cost:10.1f} us")
