"""Both sides of a comparison: production's traffic, and what a suite of tests does to the same system."""

from random import Random
from typing import NamedTuple

from tests.metamorphic.systems.model import System
from tests.metamorphic.systems.suite import Suite
from tests.metamorphic.telemetry.happening import Happening
from tests.metamorphic.telemetry.spans import Trace

SECOND = 1_000_000_000
BEGIN = 1_790_000_000 * SECOND
"""When production's capture begins, in ns since the epoch."""
PRODUCTION_SECONDS = 7_200
TESTS_BEGIN = BEGIN + 10_000 * SECOND
RUN_SECONDS = 600
"""Between the beginnings of two runs: the first has ended by itself."""
CASE_SECONDS = 5
PRODUCTION, TESTS = "production", "integration"
"""Names of the two environments."""


class Export(NamedTuple):
    """How spans leave their processes.

    flush_ms: how often a process sends what has ended since; 0: as a Collector's batches of one second.
    most: spans in one record. order: `ended`, `shuffled`, `children first`, `parents first` or `by process`.
    copies: how often every span is sent. narrow: services whose trace ids have 64 bits; '*' for all of them.
    """

    flush_ms: int = 0
    most: int = 10_000
    order: str = "ended"
    copies: int = 1
    narrow: frozenset[str] = frozenset()


class Capture(NamedTuple):
    """What one side did, and how its telemetry is exported."""

    environment: str
    traces: tuple[Trace, ...]
    export: Export = Export()


def production(system: System, seed: int) -> Capture:
    """Production's traffic: the traces of every entry, spread evenly over the capture."""
    rng = Random(f"production {seed}")
    happening = Happening(rng)
    traces = []
    for entry in system.entries:
        for number in range(entry.traces):
            at = BEGIN + int((number + rng.random()) / entry.traces * PRODUCTION_SECONDS * SECOND)
            fails = rng.random() < entry.failing
            root = happening.run(entry.operation, at, fails=fails)
            traces.append(Trace(rng.getrandbits(128), root, _resource(PRODUCTION)))
    return Capture(PRODUCTION, tuple(sorted(traces, key=lambda trace: trace.root.start)))


def tests(system: System, suite: Suite, seed: int) -> Capture:
    """What the suite does: in every case of every run each tested entry once."""
    rng = Random(f"tests {seed}")
    happening = Happening(rng)
    traces = []
    for run in range(suite.runs):
        for case in range(suite.cases):
            resource = _resource(TESTS) | {
                "cicd.pipeline.run.id": f"ci-{run}",
                "test.case.name": f"case {case}",
            }
            at = TESTS_BEGIN + (run * RUN_SECONDS + case * CASE_SECONDS) * SECOND
            for operation in suite.entries(system):
                at += rng.randrange(SECOND // 2)
                traces.append(Trace(rng.getrandbits(128), happening.run(operation, at), resource))
    return Capture(TESTS, tuple(traces))


def _resource(environment: str) -> dict[str, str | int]:
    return {"deployment.environment.name": environment, "service.version": "1.4.0"}


def with_traces(capture: Capture, traces: list[Trace]) -> Capture:
    """The capture with other traces, in order of time."""
    return capture._replace(traces=tuple(sorted(traces, key=lambda trace: trace.root.start)))
