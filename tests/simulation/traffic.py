"""What is written to the source topics of a simulated world: bursts of traces, with copies and wrong clocks.

A burst lasts half a minute; there is one in every fourth hour. It brings five records and more to each
partition: fewer, after a silence in which all readers ended, cannot be dated (`logtime`, rule 2). The spans
of a trace are written within four seconds, in records of one producer each.
"""

from random import Random
from typing import Any, NamedTuple

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.wire.span import Kind, Span
from tests.factories import span

HOUR_MS = 3_600_000
BURST_MS = 32_000
BURSTS = 0.25
"""How many hours have one."""
TRACES, CASES = 14, 8
DRIFTS = 250
"""Traces until tests begin, or cease, to leave out a call."""
ROUTES = ("GET /cart", "POST /orders", "POST /pay")
CALLS = ("db SELECT", "POST /charge", "POST /fraud")
PRODUCERS = 3
UNREADABLE = b"no spans"
SKEWS = (-290_000, -30_000, 10_000, 60_000, 200_000, 290_000, 3_540_000)


class Written(NamedTuple):
    """A record to be written at a time (ms), to a partition of a topic; stamp: by its producer's clock."""

    at: int
    topic: str
    key: int
    stamp: int
    spans: tuple[Span, ...]


class Payloads:
    """The decoder: spans by the number that stands in a record."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[Span]] = {}
        self._made = 0

    def store(self, spans: list[Span]) -> bytes:
        """The value of a record with these spans."""
        self._made += 1
        value = b"%d" % self._made
        self._known[value] = spans
        return value

    def drop(self, value: bytes) -> None:
        """The record is deleted."""
        self._known.pop(value, None)

    def __len__(self) -> int:
        return len(self._known)

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of one record."""
        yield
        if payload == UNREADABLE:
            raise UndecodableError("damaged", code="malformed")
        return self._known[payload]


class Traffic:
    """Draws what is written, hour by hour. scattered: spans of a trace go to any partition.

    wrong: whether the clock of a producer is off, from time to time another way.
    """

    def __init__(self, rng: Random, scattered: bool, wrong: bool) -> None:
        self._rng, self._scattered, self._wrong = rng, scattered, wrong
        self._traces = self._runs = 0
        self._skews = [0] * PRODUCERS

    def hour(self, begin: int) -> list[Written]:
        """What is written in the hour from `begin` on, in order: a burst, or nothing."""
        rng, written = self._rng, list[Written]()
        if rng.random() >= BURSTS:
            return []
        if self._wrong and rng.random() < 0.3:
            self._skews[-1] = rng.choice((0, *SKEWS))
        start = begin + rng.randrange(HOUR_MS // 2)
        for number in range(TRACES):
            written += self._trace(start + number * BURST_MS // TRACES, "production", "", "")
        written += self._run(start)
        for _ in range(rng.randrange(4)):
            at = start + rng.randrange(BURST_MS)
            written.append(Written(at, "production", rng.randrange(1 << 16), at, ()))
        return sorted(written, key=lambda each: each.at)

    def _run(self, start: int) -> list[Written]:
        """A run of the tests."""
        rng = self._rng
        self._runs += 1
        run = f"ci-{self._runs}" if rng.random() < 0.8 else ""
        return [
            each
            for number in range(CASES)
            for each in self._trace(
                start + number * BURST_MS // CASES, "integration", run, f"case {number}" if run else ""
            )
        ]

    def _trace(self, at: int, environment: str, run: str, case: str) -> list[Written]:
        rng = self._rng
        self._traces += 1
        spans = _spans(rng, self._traces, environment, run, case)
        records: dict[tuple[int, int], list[Span]] = {}
        for each in spans:
            later, producer = rng.choice((0, 0, 0, 1_500, 4_000)), rng.randrange(PRODUCERS)
            records.setdefault((later, producer), []).append(each)
        written = []
        for (later, producer), group in records.items():
            key = rng.randrange(1 << 16) if self._scattered else self._traces
            stamp = at + later + self._skews[producer] + rng.randrange(-300, 300)
            made = Written(at + later, environment, key, stamp, tuple(group))
            written += [made] * (2 if rng.random() < 0.03 else 1)
        return written


def _spans(rng: Random, trace: int, environment: str, run: str, case: str) -> list[Span]:
    """A request and what it calls; for a while tests leave out a call, so that there is something to find."""
    calls = [CALLS[0], *(call for call in CALLS[1:] if rng.random() < 0.9)]
    if environment == "integration" and trace // DRIFTS % 2:
        calls = calls[1:]
    common: dict[str, Any] = {"trace": trace, "environment": environment, "run": run, "case": case}
    common |= {"suite": "nightly"} if run else {}
    route = rng.choice(ROUTES)
    attributes = {"http.route": route.partition(" ")[2], "http.request.method": route.partition(" ")[0]}
    root = span(1, name=route, attributes=attributes, error=rng.random() < 0.1, duration=9_000_000, **common)
    below = [
        span(place, parent=1, start=place * 1_000, name=call, kind=Kind.CLIENT, **common)
        for place, call in enumerate(calls, 2)
    ]
    return below if below and rng.random() < 0.02 else [root, *below]
