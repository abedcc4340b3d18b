"""Traffic that goes on while daemons are killed: every trace has an id that the proofs ask for.

A trace is three spans in three records, out of order, over up to four seconds of log time, so that whoever is
killed leaves open ones behind. Some records come twice, as a Collector sends them that tries again, and some
are no telemetry at all. All records of a second of log time come to a partition in one batch: while there
are spans to come nothing is read to its end, so that no idle time can part a trace.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind
from tests.integration.shop_traffic import SentRecord

SERVICES = ("shop", "orders", "stock")
OPERATIONS = tuple(f"{verb} /{noun}" for verb in ("GET", "POST") for noun in ("cart", "item", "pay", "user"))
TRACES_PER_SECOND, SPREAD_MS = 12, 4_000
TWICE, JUNK = 0.03, 0.3
RUN_SECONDS = 60
"""So long in log time is a test run."""


class Call(NamedTuple):
    """One span of a trace."""

    trace: int
    place: int
    began_ms: int


def trace_id(seed: int, number: int) -> bytes:
    """The id of a trace of the run with this seed."""
    return seed.to_bytes(8, "big") + number.to_bytes(8, "big")


def run_id(second: int) -> str:
    """The test run to which the traces of a second of log time belong."""
    return f"run-{second // RUN_SECONDS}"


class Traffic:
    """What a seed makes, second by second of log time. traces, junk: how many of each it has made."""

    def __init__(self, seed: int, partitions: int, begin_ms: int) -> None:
        self._seed, self._partitions, self._begin_ms = seed, partitions, begin_ms
        self._random = random.Random(f"traffic {seed}")
        self._waiting: list[SentRecord] = []
        self._second = 0
        self.traces = self.junk = 0

    def second(self, *, more: bool = True) -> list[SentRecord]:
        """The records of the next second in their order; with `more`, traces begin in it."""
        begin_ms = self._begin_ms + self._second * 1000
        if more:
            self._waiting += self._begun(begin_ms)
        self._second += 1
        self._waiting.sort()
        due = [record for record in self._waiting if record.timestamp < begin_ms + 1000]
        self._waiting = [record for record in self._waiting if record.timestamp >= begin_ms + 1000]
        return due

    @property
    def is_over(self) -> bool:
        """Whether every trace that has begun is whole."""
        return not self._waiting

    def _begun(self, begin_ms: int) -> Iterator[SentRecord]:
        for _ in range(TRACES_PER_SECOND):
            yield from self._trace(begin_ms + self._random.randrange(1000))
        if self._random.random() < JUNK:
            self.junk += 1
            value = b"\xff\xff no telemetry %d" % self.junk
            yield SentRecord(self.junk % self._partitions, begin_ms + self._random.randrange(1000), value)

    def _trace(self, began_ms: int) -> Iterator[SentRecord]:
        self.traces += 1
        partition = self.traces % self._partitions
        for place in range(len(SERVICES)):
            value = self._span(Call(self.traces, place, began_ms))
            at = began_ms + self._random.randrange(SPREAD_MS)
            yield SentRecord(partition, at, value)
            if self._random.random() < TWICE:
                yield SentRecord(partition, at + self._random.randrange(SPREAD_MS), value)

    def _span(self, call: Call) -> bytes:
        number, place, began_ms = call
        start = (began_ms + place) * 1_000_000
        span = OutgoingSpan(
            trace_id(self._seed, number),
            (number * 8 + place + 1).to_bytes(8, "big"),
            (number * 8 + place).to_bytes(8, "big") if place else b"",
            OPERATIONS[number % len(OPERATIONS)],
            Kind.SERVER,
            start,
            start + 20_000_000,
        )
        resource = {"service.name": SERVICES[place], "deployment.environment.name": "production"}
        if number // len(OPERATIONS) % 2:
            second = (began_ms - self._begin_ms) // 1000
            tested = {"deployment.environment.name": "integration", "cicd.pipeline.run.id": run_id(second)}
            resource |= tested
        return export_request(resource, "shop", [span])
