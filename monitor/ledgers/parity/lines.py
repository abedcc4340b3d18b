"""The section of the report, and a line per difference: facts of the environments, which never page."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from math import log10

from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted
from monitor.drift.records.parity import Parity, Unlike
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.flows.stated import FLAG, SDK
from monitor.ledgers.fleet import Fleet
from monitor.ledgers.parity.about import NAME
from monitor.ledgers.parity.book import ALL, Book
from monitor.ledgers.parity.difference import SYSTEMS, Difference, compared, differences, own, shares_of
from monitor.ledgers.parity.words import sentence

MOST_LINES = 100
"""Lines and differences that are listed."""


def section(fleet: Fleet) -> Parity:
    """What differs of what both sides state, and how much that is."""
    book = _book(fleet)
    found = list(differences(book, fleet.reference, fleet.candidate))
    both = list(compared(book, fleet.reference, fleet.candidate))
    return Parity(
        services=len({service for service, *_ in both}),
        compared=len(both),
        differences=tuple(_unlike(each, fleet) for each in found[:MOST_LINES]),
        left_out=max(0, len(found) - MOST_LINES),
    )


def _book(fleet: Fleet) -> Book:
    book = fleet.books.get(NAME)
    return book if isinstance(book, Book) else Book()


def _unlike(found: Difference, fleet: Fleet) -> Unlike:
    return Unlike(
        service=found.service,
        aspect=found.aspect,
        reference=shares_of(found.reference),
        candidate=shares_of(found.candidate),
        allowed=_is_allowed(found, fleet.allowed),
    )


def _is_allowed(found: Difference, allowed: Iterable[str]) -> bool:
    """Whether somebody declared that this may differ: by a glob on 'ASPECT', or on 'SERVICE ASPECT'."""
    names = (found.aspect, f"{found.service} {found.aspect}")
    return any(fnmatchcase(name, glob) for glob in allowed for name in names)


def lines(fleet: Fleet) -> Iterator[Verdict]:
    """A line per difference: one for all services of which the same is to be said."""
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for found in differences(_book(fleet), fleet.reference, fleet.candidate):
        groups.setdefault(_alike(found, fleet), []).append(found)
    made = (_line(group, fleet) for group in groups.values())
    yield from [line for line in made if line][:MOST_LINES]


def _alike(found: Difference, fleet: Fleet) -> tuple[object, ...]:
    """What differences have in common of which one line speaks; flags have one each."""
    if _is_allowed(found, fleet.allowed):
        return "allowed", found.aspect
    if found.aspect == SDK:
        return (SDK,)
    if found.aspect.startswith(FLAG):
        return found.service, found.aspect
    return found.aspect, tuple(own(found.reference)), tuple(own(found.candidate))


def _line(group: Sequence[Difference], fleet: Fleet) -> Verdict | None:
    """None of what some test may well have yet: a flag of which production itself has several variants."""
    first = group[0]
    state = _state(first, fleet)
    if state is State.INSUFFICIENT and not first.other and _is_early(first, fleet):
        return None
    says = sentence(group, fleet.reference, fleet.candidate)
    missing = first.missing_cases(fleet.warn) if state is State.INSUFFICIENT else 0
    rest = {
        State.ACCEPTED: " It may differ (parity.allow).",
        State.INSUFFICIENT: f" {counted(missing, 'more test case')} would decide." if missing else "",
    }
    return Verdict(
        flow=first.service if len(group) == 1 else f"{len(group):,} services",
        outcome="",
        dimension=NAME,
        severity=_severity(first),
        subject=first.aspect,
        service=first.service if len(group) == 1 else "",
        state=state,
        effect=round(first.lacking, 6),
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=round(log10(first.evidence), 3),
        reference_n=first.reference[ALL].flows,
        candidate_n=first.cases if first.aspect.startswith(FLAG) else first.candidate[ALL].flows,
        onset=None,
        moved=STILL.who,
        began_with=STILL.began_with,
        reason=f"{says}{rest.get(state, '')}",
        examples=Examples(),
        missing_units=missing,
    )


def _state(found: Difference, fleet: Fleet) -> State:
    """A system is a fact, and a flag is one once there are enough test cases; the rest proves nothing."""
    if _is_allowed(found, fleet.allowed):
        return State.ACCEPTED
    proven = _severity(found) is Severity.WARNS and not _is_early(found, fleet)
    return State.SUSPECT if proven else State.INSUFFICIENT


def _is_early(found: Difference, fleet: Fleet) -> bool:
    """Whether more test cases may well show a variant of a flag that none has shown so far."""
    return found.aspect.startswith(FLAG) and found.evidence < fleet.warn


def _severity(found: Difference) -> Severity:
    """Beside flags, databases and brokers make a service do something else; the rest is in reports alone."""
    warns = found.aspect in SYSTEMS or (found.aspect.startswith(FLAG) and found.other)
    return Severity.WARNS if warns else Severity.REPORTS
