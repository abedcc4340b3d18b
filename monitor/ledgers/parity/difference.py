"""Where what tests run on is not what production runs on: one difference per service and aspect.

Values that less than RARE of a side has do not count as its own. It differs where production has values that
no test has, and tests have values that production does not have; a flag also where only production has one
of its variants. Only what production has now counts, and had when tests last ran: where both change
together, one of them is always a little ahead. Other aspects of which one side has more values than the other
are quiet: one side is in the middle of a deployment, or tests do not come to one of two databases.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import ceil, log
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.flows.stated import FLAG
from monitor.ledgers.parity.book import ALL, OTHER, Book, Periods, Values, total
from monitor.stats.interval import clopper_pearson
from monitor.wire.systems import family_of

SYSTEMS = ("database", "broker")
"""Aspects whose values have several names: those of one family are no difference."""
RARE = 0.05
"""Of the flows of a side that state the aspect."""


class Difference(NamedTuple):
    """One aspect of one service. missing: values of the reference that the candidate lacks, by share.

    other: values that the candidate has in their place; () where it only lacks some.
    """

    service: str
    aspect: str
    reference: Values
    candidate: Values
    missing: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def cases(self) -> int:
        """Test cases in which the aspect was stated, where these count."""
        return self.candidate[ALL].cases.count

    @property
    def lacking(self) -> float:
        """The share (0..1) of production's flows that have what no test has."""
        return min(1.0, sum(share_of(self.reference, value) for value in self.missing))

    @property
    def evidence(self) -> float:
        """How much less likely these test cases are if each were drawn from production, at least.

        A case counts at most 1 / RARE: tests may have what few of production have.
        """
        total = self.reference[ALL].flows
        held = round((1 - self.lacking) * total)
        return float(1 / max(RARE, clopper_pearson(min(held, total), total)[1])) ** min(self.cases, MOST)

    def missing_cases(self, warn: float) -> int:
        """How many more such cases give so much evidence."""
        if self.evidence >= warn or self.evidence <= 1:
            return 0
        per_case = log(self.evidence) / min(self.cases, MOST)
        return max(1, ceil(log(warn) / per_case) - self.cases)


MOST = 200
"""Test cases that count as evidence: more would not change it."""


def share_of(values: Values, value: str) -> float:
    """The share (0..1) of the flows that state an aspect that state this value of it."""
    return values[value].flows / values[ALL].flows if value in values else 0.0


def shares_of(values: Values) -> Mapping[str, float]:
    """The share (0..1) of each value, the most frequent first."""
    shares = [(value, round(share_of(values, value), 6)) for value in values if value != ALL]
    return dict(sorted(shares, key=lambda each: (-each[1], each[0])))


def own(values: Values) -> Mapping[str, float]:
    """The values of a side that are not rare."""
    return {value: share for value, share in shares_of(values).items() if share >= RARE}


def compared(book: Book, reference: str, candidate: str) -> Iterator[tuple[str, str, Periods, Periods]]:
    """(service, aspect, reference, candidate) of what both sides state."""
    theirs = dict(book.of(candidate))
    for (service, aspect), values in book.of(reference):
        if (service, aspect) in theirs:
            yield service, aspect, values, theirs[service, aspect]


def differences(book: Book, reference: str, candidate: str) -> Iterator[Difference]:
    """Where the two sides differ, by service and aspect."""
    for service, aspect, theirs, ours in compared(book, reference, candidate):
        live, tests = total(theirs), total(ours)
        if OTHER in live or OTHER in tests:
            continue  # one of many values, which nobody can set alike
        now, then = _kinds(aspect, theirs[max(theirs)]), _known_by(max(ours), aspect, theirs)
        lasting = (now & then) - _kinds(aspect, tests)
        missing = tuple([value for value in own(live) if _kind(aspect, value) in lasting])
        here = _kinds(aspect, (*own(theirs[max(theirs)]), *own(live)))
        other = tuple([value for value in own(tests) if _kind(aspect, value) not in here])
        if missing and (other or aspect.startswith(FLAG)):
            yield Difference(service, aspect, live, tests, missing, other)


def _known_by(moment: LogTime, aspect: str, periods: Periods) -> set[str]:
    """What stands in the periods that began by then."""
    return {kind for period in periods if period <= moment for kind in _kinds(aspect, periods[period])}


def _kinds(aspect: str, values: Iterable[str]) -> set[str]:
    return {_kind(aspect, value) for value in values}


def _kind(aspect: str, value: str) -> str:
    """A value as it is compared: a database by its family, whichever of its names a library has for it."""
    return family_of(value) or value if aspect in SYSTEMS else value
