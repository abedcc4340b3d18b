"""Concurrency: whether tests have as many requests of a service at once as production (parity of load).

Compared is how many other requests of the service a request overlaps with (`fingerprints.overlap`), in the
last hour with enough of them. A suite that runs one test after the other has none, and finds no race.
"""

from collections.abc import Iterator

from monitor.dimensions.dimension import DIFFERS, Severity
from monitor.dimensions.words import counted
from monitor.drift.records.concurrency import AtOnce, ServiceConcurrency
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.ledgers.fleet import Fleet
from monitor.ledgers.ledger import Ledger

NAME = "concurrency"
LEAST_REQUESTS, LEAST_TESTED = 100, 5
"""Requests of production, and of tests, from which on the overlap of a service is compared."""
TIMES = 1.75
"""Requests at once in production, for each one in the tests, from which on it is reported."""
ONE_AT_A_TIME = 1.5
"""Of requests that follow each other closely fewer seem to be at once."""


def section(fleet: Fleet) -> AtOnce:
    """Every service that both sides have enough requests of, those that differ most first."""
    found = [each for service in sorted(fleet.overlaps) for each in _compared(fleet, service)]
    return AtOnce(services=tuple(sorted(found, key=lambda each: -each.times)))


def _compared(fleet: Fleet, service: str) -> Iterator[ServiceConcurrency]:
    reference, candidate = fleet.overlaps[service]
    requests, others = reference.seen(LEAST_REQUESTS)
    tested, beside = candidate.seen(LEAST_TESTED)
    if requests >= LEAST_REQUESTS and tested >= LEAST_TESTED:
        yield ServiceConcurrency(
            service=service,
            reference=round(1 + others, 3),
            candidate=round(1 + beside, 3),
            reference_n=requests,
            candidate_n=tested,
        )


def lines(fleet: Fleet) -> Iterator[Verdict]:
    """A line per service that has several requests at once in production, and far fewer in the tests."""
    for each in section(fleet).services:
        if each.times >= TIMES:
            yield _line(each)


def _line(each: ServiceConcurrency) -> Verdict:
    return Verdict(
        flow=each.service,
        outcome="",
        dimension=NAME,
        severity=Severity.REPORTS,
        subject="requests at once",
        service=each.service,
        state=State.INSUFFICIENT,
        effect=round(1 - 1 / each.times, 6),
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=0.0,
        reference_n=each.reference_n,
        candidate_n=each.candidate_n,
        onset=None,
        moved=STILL.who,
        began_with=STILL.began_with,
        reason=says(each),
        examples=Examples(),
    )


def says(each: ServiceConcurrency) -> str:
    """With how many others a request overlaps on each side, and what to do."""
    tests = "with none" if each.candidate < ONE_AT_A_TIME else f"with {each.candidate - 1:.1f}"
    return (
        f"In production a request of {each.service} overlaps with {each.reference - 1:.1f} others on average "
        f"({counted(each.reference_n, 'request')} in an hour), in the tests {tests} "
        f"({counted(each.candidate_n, 'request')}). Run tests of {each.service} side by side to find races."
    )


CONCURRENCY = Ledger(
    name=NAME,
    asks="do tests have as many requests of a service at once as production?",
    remedy="Run tests of the service side by side, or add one that sends as many requests at once.",
    severity=Severity.REPORTS,
    alert="FlowDriftDetected",
    headlines=DIFFERS,
    account=None,
    section=section,
    lines=lines,
    listed={},
    blind="Services that no flow is named after, and what happens beyond the last hours.",
)
