"""Flows -> traces: what production's customers and the test suite cause, from a seeded generator.

The same seed gives the same traffic, byte for byte.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

from monitor.demo.layout import Change, Way, layouts, options
from monitor.demo.shop import FLOWS
from monitor.demo.steps import REJECTED_CASE, Flow
from monitor.flows.flow import Outcome
from monitor.wire.encode import OutgoingSpan

PRODUCTION = "production"
TESTS = "integration"
SUITE = "shop-integration"
SECOND_NS = 1_000_000_000
STRETCH = 0.25
"""Sigma of the log-normal factor that stretches a whole trace."""
OPTIONAL = 0.5
"""The share of production's traces that takes an optional step: that of the test cases, too."""

Trace = list[tuple[str, OutgoingSpan]]
"""The spans of one trace, each with its service, parents before children."""


class CaseOfRun(NamedTuple):
    """Which run of the suite, and which of its cases, caused a trace."""

    id: str
    case: str


def production_trace(flow: Flow, at_ns: int, rng: Random) -> Trace:
    """One customer's trace of `flow` that begins at `at_ns`."""
    return _trace(production_way(flow, rng), at_ns, rng)


def case_trace(flow: Flow, at_ns: int, rng: Random, test: CaseOfRun, changes: Collection[Change]) -> Trace:
    """The trace of one test case; every span carries the ids of its run and case, by baggage."""
    identity = {
        "cicd.pipeline.name": SUITE,
        "cicd.pipeline.run.id": test.id,
        "test.case.name": f"{flow.operation} {test.case}",
    }
    return _trace(case_way(flow, test.case, changes), at_ns, rng, identity)


def production_way(flow: Flow, rng: Random) -> Way:
    """Which way a customer takes: every optional step by chance, errors at their small rates."""
    luck = rng.random()
    outcome = Outcome.OK
    if luck < flow.failures:
        outcome = Outcome.FAILED
    elif luck < flow.failures + flow.client_errors:
        outcome = Outcome.CLIENT_ERROR
    taken = sum(1 << bit for bit in range(len(options(flow))) if rng.random() < OPTIONAL)
    return Way(flow, outcome, taken)


def case_way(flow: Flow, case: str, changes: Collection[Change]) -> Way:
    """Which way a test case takes: always the same; between them the cases take and skip every option."""
    number = flow.cases.index(case)
    taken = sum(1 << bit for bit in range(len(options(flow))) if (bit + number) % 2 == 0)
    outcome = Outcome.CLIENT_ERROR if case == REJECTED_CASE else Outcome.OK
    mocked = bool(flow.mocked) and Change.MOCKED_AWAY in changes
    seeded = flow.fixture is not None and Change.TEST_ONLY_EDGE in changes
    return Way(flow, outcome, taken, mocked, seeded)


def production_traffic(
    begin_ns: int, end_ns: int, per_second: float, rng: Random, changes: Collection[Change]
) -> Iterator[tuple[int, Trace]]:
    """(begin, trace) in order of time from `begin_ns` up to `end_ns`, at random moments.

    `per_second` traces in all, spread over the flows by their weight.
    """
    served = tuple(flow for flow in FLOWS if not flow.launches or Change.NEW_FLOW in changes)
    weights = tuple(accumulate(flow.weight for flow in served))
    gap_ns = SECOND_NS / per_second
    at = begin_ns + rng.expovariate(1 / gap_ns)
    while at < end_ns:
        (flow,) = rng.choices(served, cum_weights=weights)
        yield int(at), production_trace(flow, int(at), rng)
        at += rng.expovariate(1 / gap_ns)


def suite_traffic(
    begin_ns: int, end_ns: int, run: str, rng: Random, changes: Collection[Change]
) -> Iterator[tuple[int, Trace]]:
    """(begin, trace) of every case of every tested flow, evenly from `begin_ns` up to `end_ns`."""
    cases = [(flow, case) for flow in FLOWS for case in flow.cases]
    step_ns = (end_ns - begin_ns) // len(cases)
    for number, (flow, case) in enumerate(cases):
        at = begin_ns + number * step_ns
        yield at, case_trace(flow, at, rng, CaseOfRun(run, case), changes)


def _trace(way: Way, at_ns: int, rng: Random, identity: Mapping[str, str | int] | None = None) -> Trace:
    """Give the spans of a layout their ids and times; `identity` is added to the attributes of each."""
    slots = rng.choice(layouts(way))
    per_us = 1_000 * rng.lognormvariate(0, STRETCH)
    trace_id = rng.randbytes(16)
    ids = _span_ids(rng, len(slots))
    return [
        (
            slot.service,
            OutgoingSpan(
                trace_id,
                ids[place],
                ids[slot.parent] if slot.parent >= 0 else b"",
                slot.name,
                slot.kind,
                at_ns + int(slot.start_us * per_us),
                at_ns + int(slot.end_us * per_us),
                slot.attributes if identity is None else {**slot.attributes, **identity},
                slot.error,
            ),
        )
        for place, slot in enumerate(slots)
    ]


def _span_ids(rng: Random, count: int) -> Sequence[bytes]:
    drawn = rng.randbytes(8 * count)
    return [drawn[place : place + 8] for place in range(0, 8 * count, 8)]
