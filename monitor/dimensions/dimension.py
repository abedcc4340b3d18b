"""What a dimension is: one question asked of production and tests, as data.

A dimension says what is read from a flow, with which of three detectors it is judged, and how a finding
sounds. Nothing else in the program knows a dimension by its name.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from monitor.base.units import LogTime
from monitor.dimensions.order import Pair
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.flows.flow import Operation, Outcome, Shape
from monitor.stats.timing import TWICE_AS_SLOW

SLOTS = 4
"""Evidence units of a path, or flow, that one test run gives at most."""


class Severity(StrEnum):
    """What a drift does: it pages somebody, warns, or stands in reports alone."""

    PAGES = "pages"
    WARNS = "warns"
    REPORTS = "reports"

    @property
    def of_alert(self) -> str:
        """The severity of its alert; `none` if it has no alert."""
        return _OF_ALERT[self]


_OF_ALERT = {Severity.PAGES: "critical", Severity.WARNS: "warning", Severity.REPORTS: "none"}


class Headlines(NamedTuple):
    """What an alert says in one line, by the phase of its episode: formats of `flow` and `dimension`."""

    pending: str = "{flow} may differ between production and tests ({dimension})"
    firing: str = "{flow} differs between production and tests ({dimension})"
    resolved: str = "{flow} no longer differs between production and tests ({dimension})"


DIFFERS = Headlines()


class Need(Enum):
    """What a question needs of the reference's telemetry; without it there is one hint and no line."""

    UNBIASED_SHARES = "sampling that does not choose traces by how they end"
    UNBIASED_TIMES = "sampling that does not choose traces by how long they take"


class Cases(NamedTuple):
    """The test cases that a finding is about, for people (`words.in_tests`).

    number: each counts once a run; without ids of runs as many as units. runs: of how many runs, or (run ids
    are not `known`) buckets of time. since: log time in ms of the first, None where an onset means nothing
    yet. run: id of the one run that is meant, else ''. alone: each case is one trace.
    """

    number: int
    runs: int
    since: LogTime | None = None
    run: str = ""
    known: bool = True
    alone: bool = False


class Had(Protocol):
    """How often production has a trait."""

    @property
    def present(self) -> float:
        """In how many traces it was."""

    @property
    def traces(self) -> float:
        """In how many its given was."""


class Seen(NamedTuple):
    """What a finding is about: the reference's number of `reference_n` traces, the candidate's of `cases`.

    A number is a rate (presence), the shares of every value (split), or how long it takes (place: a rank, and
    `Took` of the candidate). units: evidence units
    of the candidate. others: traits with the same subject that differ, too. services: those that production's
    call asks, or is answered by. instead: what all of the candidate has in its place.
    """

    reference: Any
    reference_n: int
    candidate: Any
    units: int
    cases: Cases
    others: tuple[Trait, ...] = ()
    services: tuple[str, ...] = ()
    instead: tuple[Trait, ...] = ()


class Took(NamedTuple):
    """How long a thing takes in the tests: its rank among production's times, and which share is slow.

    The times, in ns at production's usual pace: typical of the tests, usual in production, and the limit
    beyond which a trace is slow.
    """

    rank: float
    slow: float
    typical_ns: float
    usual_ns: float
    limit_ns: float


class Judged(NamedTuple):
    """What `ok` covers: of the `known` traits of a path those that production always has, and branches.

    always: only those that the tests came to.
    """

    always: int
    branches: int
    known: int


def _seen_by(trait: Trait) -> str:
    return trait.seen_by


def _arises(trait: Trait, production: Mapping[Trait, Had]) -> bool:  # noqa: ARG001 - of most, always
    return True


def _shown(trait: Trait, lost: float) -> float:  # noqa: ARG001 - one span shows it, whatever it is
    return 1.0 - lost


@dataclass(frozen=True, slots=True)
class Presence:
    """Does a trace have a trait, where its given is there? Judged by `Rate` (statistics 1.5).

    extract: the traits of a variant, or (`of` Pair) of a pair of calls and how they go together. always,
    never: production's rates from which, and up to which, a trait is judged; in between it is a branch.
    rho: tolerance on the odds. seen_by: the service whose spans show a trait. shown: the share of the
    traces with a trait that still show it while this share of them is lost. arises: whether a trait is
    judged at all, given what production has of this dimension.
    """

    extract: Callable[[Any], Iterable[Trait]]
    always: float = 0.95
    never: float = 0.01
    rho: float = 3.0
    of: type[Variant] | type[Pair] = Variant
    seen_by: Callable[[Trait], str] = _seen_by
    shown: Callable[[Trait, float], float] = _shown
    arises: Callable[[Trait, Mapping[Trait, Had]], bool] = _arises


@dataclass(frozen=True, slots=True)
class Split:
    """Which of few values has a flow? Judged by `Mix`.

    values: all of them, in the order of every list of shares. extract: the value of a flow that ended so.
    delta: tolerated share of the tests that has another value than production's. of_interest: a difference
    so far beyond the tolerance would be found before this is ok.
    """

    values: tuple[str, ...]
    extract: Callable[[Outcome], str]
    delta: float = 0.20
    of_interest: float = 0.20


@dataclass(frozen=True, slots=True)
class Place:
    """Where among production's times stand those of the tests? Judged by `Mean`, slow ones by `Rate`.

    times: the name under which they are kept, once for all dimensions that ask about them. extract: per span
    of a shape the thing whose self time it is. asks: the service that a thing waits for, ''
    for one that sends no spans; None where it is a service's own work. tau: tolerated distance of the mean
    rank from .5. rho: tolerance on the odds of a slow one. of_interest: mean and variance of the rank that is
    found before this is ok. of_stand_ins: it is asked of calls that tests simulate alone, else of all others.
    """

    times: str

    extract: Callable[[Shape], Sequence[Trait]]
    asks: Callable[[Trait], str | None]
    tau: float = 0.10
    rho: float = 3.0
    of_interest: tuple[float, float] = TWICE_AS_SLOW
    of_stand_ins: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """Do tests take what production does now and then, and skip it? Read from counts of both, by no detector.

    calls: the dimension whose traits are there or not. answers: the dimension whose traits with one given
    are alternatives. ends: that the requests of an entry end so. least, most: production's rates
    between which something is optional. rare: traces with it, and without, that production must have at
    least.
    """

    calls: str
    answers: str
    ends: Callable[[Outcome, Operation], Trait]
    least: float = 0.01
    most: float = 0.95
    rare: int = 10


Evidence = TypeVar("Evidence", bound=Presence | Split | Place | Branch)


@dataclass(frozen=True, slots=True)
class Dimension(Generic[Evidence]):
    """One question.

    asks, remedy, blind: for people: the question, what to do about a drift, what it cannot see. claims: what
    `ok` says, of what it covers. decides_gate: a finding of one test run fails that run. subject: traits with
    the same subject are one finding. place: of two traits with the same place the tests may have one for the
    other ('replaced by'); None: never. says: a finding as a sentence. state: the name under which its state
    is kept, where releases before kept something else under its own. only_where_known: it has no line where
    production shows nothing that it asks about. alert, headlines: of its alerts.
    """

    name: str
    asks: str
    remedy: str
    severity: Severity
    evidence: Evidence
    claims: Callable[[Judged], str]
    says: Callable[[Trait, Seen], str]
    blind: str
    needs: frozenset[Need] = frozenset()
    decides_gate: bool = False
    subject: Callable[[Trait], str] = str
    place: Callable[[Trait], Hashable] | None = None
    state: str = ""
    only_where_known: bool = False
    alert: str = "FlowDriftDetected"
    headlines: Headlines = DIFFERS

    @property
    def kept_as(self) -> str:
        """The name under which its state is kept."""
        return self.state or self.name
