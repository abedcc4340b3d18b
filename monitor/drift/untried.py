"""What the tests do not try: branches of production that no test takes, or that every test takes.

Facts like those of a run (`drift.facts`), read from counts of both sides: they page nobody, decide nothing,
and tell what a green run does not stand for. The largest shares come first, and what is said once is not said
again: calls that come together are one line, and so is an alternative with the one that all tests take.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from monitor.dimensions import OPTIONAL, PRESENCES, partners
from monitor.dimensions.calls import shown
from monitor.dimensions.dimension import Cases, Judged, Seen
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import counted
from monitor.drift.detectors.tolerance import NONE_LOST, Lost, hidden, is_always
from monitor.drift.facts import CHANCE
from monitor.drift.gate import Remark
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.fingerprints.snapshot import Share, Snapshot
from monitor.fingerprints.units import Unit, presences

WHOLE = 0.02
"""Shares that add up to one, but for so much, are alternatives."""
ALL = 1.0 - 1e-9
"""Shares of all traces, added up."""
_ASKS = OPTIONAL.evidence
_JUDGES = {each.name: each.evidence for each in PRESENCES}


class Untried(NamedTuple):
    """A trait that production has in a share of its traces, and no test has, or (`taken`) every test.

    path: of how many traces the path is. cases: in which the question arose. beside: what comes with it each
    time. instead: what all tests have in its place. services: those that production's call asks. unseen: the
    service of which the tests show no such call, if that is so. stated: production's shares are its own.
    """

    trait: Trait
    share: Share
    path: float
    taken: bool
    cases: Cases
    beside: tuple[Trait, ...] = ()
    instead: tuple[Trait, ...] = ()
    services: tuple[str, ...] = ()
    unseen: str = ""
    stated: bool = True

    @property
    def rate(self) -> float:
        """The share of production's traces with the trait, among those in which the question arises."""
        return self.share.present / self.share.traces

    @property
    def missed(self) -> float:
        """The share of the path's traces that go where no test goes."""
        other = self.share.traces - self.share.present
        return (other if self.taken else self.share.present) / self.path

    @property
    def subject(self) -> str:
        """What it is about."""
        return f"{OPTIONAL.subject(self.trait)} never {'skipped' if self.taken else 'taken'}"

    @property
    def says(self) -> str:
        """The fact in words."""
        seen = Seen(
            self.rate if self.stated else None,
            round(self.share.traces),
            float(self.taken),
            self.cases.number,
            self.cases,
            self.beside,
            self.services,
            self.instead,
        )
        said = OPTIONAL.says(self.trait, seen)
        doubt = f" The tests show no such call of {self.unseen}: its instrumentation may be missing."
        return said + doubt if self.unseen else said

    def remark(self, flow: str, outcome: str, weight: int) -> Remark:
        """What a run leaves untried; weight: of the path in production."""
        return Remark(round(weight * self.missed), flow, outcome, self.says)


class Tried(NamedTuple):
    """What was found of a path: the branches that tests do not try, and how many there are.

    path, units: traces of production, and evidence units.
    """

    untried: tuple[Untried, ...]
    asked: int
    path: float = 0.0
    units: int = 0

    @property
    def is_sure(self) -> bool:
        """Whether production has shown each branch of the least share that counts."""
        return self.path * _ASKS.least >= _ASKS.rare

    @property
    def claims(self) -> str:
        """What it says of the path that nothing is untried."""
        return OPTIONAL.claims(Judged(0, self.asked, self.asked))


def tried(
    units: Sequence[Unit],
    production: Snapshot,
    lost: Lost = NONE_LOST,
    before: Lost = NONE_LOST,
    run: str = "",
    cases: Cases | None = None,
) -> Tried:
    """Hold the optional calls and answers of a path against units of tests.

    lost, before: shares of the spans that the tests, and production, lose. run: of which these are all units.
    cases: those of the whole path, where one unit stands for all of them.
    """
    path = _Path(units, production, lost, before, Cases(0, 1, run=run) if cases is None else cases)
    calls, answers = path.calls(), path.answers()
    found = [each for each in (*calls, *answers) if isinstance(each, Untried)]
    lines = tuple(sorted(_once(found), key=_largest_first))
    return Tried(lines, len(calls) + len(answers), production.of(_ASKS.calls).size.traces, len(units))


def _largest_first(each: Untried) -> tuple[float, str]:
    return -each.missed, each.subject


def line_of(each: Untried, flow: str, outcome: str, examples: Examples, more: int = 0) -> Verdict:
    """A branch that no test tries as a line of the report; more: how many of the path have no line."""
    beside = f" And {counted(more, 'smaller one')} of this path." if more > 0 else ""
    return _line(
        flow,
        outcome,
        subject=each.subject,
        service=each.trait.service,
        state=State.INSUFFICIENT,
        effect=round(each.missed, 6),
        reference_n=round(each.share.traces),
        candidate_n=each.cases.number,
        reason=each.says + beside,
        examples=examples,
    )


def quiet_line(found: Tried, flow: str, outcome: str, examples: Examples) -> Verdict:
    """That tests try everything of a path."""
    return _line(
        flow,
        outcome,
        subject="",
        service="",
        state=State.OK,
        effect=0.0,
        reference_n=round(found.path),
        candidate_n=found.units,
        reason=found.claims,
        examples=examples,
    )


def _line(flow: str, outcome: str, **of: Any) -> Verdict:
    return Verdict(
        flow=flow,
        outcome=outcome,
        dimension=OPTIONAL.name,
        severity=OPTIONAL.severity,
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=0.0,
        onset=None,
        moved=STILL.who,
        **of,
    )


class _Path:
    """One path of production, and what units of tests did there."""

    def __init__(
        self, units: Sequence[Unit], production: Snapshot, lost: Lost, before: Lost, cases: Cases
    ) -> None:
        self._units = units
        self._lost = lost
        self._before = before
        self._cases = cases
        self._counts = production.of(_ASKS.calls)
        self._shown = shown(thing for unit in units for case in unit.cases for thing in case.had)

    def calls(self) -> list[Untried | None]:
        """Every optional call that the tests could show and came to; None for one that they try."""
        judge = _JUDGES[_ASKS.calls]
        known = self._counts.shares.get(_ASKS.calls, {})
        usual = shown(each.what for each, share in known.items() if is_always(share, judge))
        silent = usual - self._shown
        optional = (
            each for each in known if self._is_optional(each) and shown([each.what]).isdisjoint(silent)
        )
        asked = [(each, *presences(self._units, each)) for each in optional]
        return [self._call(each, xs, cases) for each, xs, cases in asked if xs]

    def _call(self, trait: Trait, xs: Sequence[float], cases: int) -> Untried | None:
        taken = min(xs) == 1.0
        if not taken and (any(xs) or self._may_hide(trait)):
            return None
        untried = self._untried(trait, cases, taken=taken)
        return untried if shown([trait.what]) <= self._shown else untried._replace(unseen=trait.service)

    def answers(self) -> list[Untried | None]:
        """Every service that answers a call now and then, where tests show who does each time."""
        known = self._counts.shares.get(_ASKS.answers, {})
        return [each for trait in known if self._is_optional(trait) for each in self._answer(trait)]

    def _answer(self, trait: Trait) -> Iterator[Untried | None]:
        xs, cases = presences(self._units, trait)
        others = {other: presences(self._units, other)[0] for other in self._alternatives(trait)}
        if any(xs):
            yield None
        elif xs and others and all(sum(each) >= ALL for each in zip(*others.values(), strict=False)):
            yield self._untried(trait, cases, taken=False)._replace(instead=tuple(others))

    def _alternatives(self, trait: Trait) -> dict[Trait, None]:
        """What the tests have of this kind where the question arises."""
        tests = (each for unit in self._units for each in unit.traits(trait.dimension))
        return {each: None for each in tests if (each.given, each.what) == (trait.given, trait.what)}

    def _is_optional(self, trait: Trait) -> bool:
        """Whether production has it now and then, and not only since spans of it get lost."""
        present, traces, _ = self._counts.share(trait)
        shown = 1.0 - hidden(trait, _JUDGES[trait.dimension], self._before)
        often = _ASKS.least * self._counts.size.traces <= present < _ASKS.most * shown * traces
        return often and min(present, traces - present) >= _ASKS.rare

    def _may_hide(self, trait: Trait) -> bool:
        """Whether the spans that show it may have been lost in all traces."""
        return bool(hidden(trait, _JUDGES[trait.dimension], self._lost) ** self._traces(trait) > CHANCE)

    def _traces(self, trait: Trait) -> int:
        """In how many traces of the tests the question arose."""
        return sum(case.had.get(trait.given, 0) for unit in self._units for case in unit.cases)

    def _untried(self, trait: Trait, cases: int, *, taken: bool) -> Untried:
        share, services = self._counts.share(trait), partners(trait, self._counts.shares)
        return Untried(
            trait, share, self._counts.size.traces, taken, self._said_of(trait, cases), services=services
        )

    def _said_of(self, trait: Trait, cases: int) -> Cases:
        """The test cases that came to the question."""
        if self._cases.run:
            return self._cases._replace(number=cases)
        everywhere = self._counts.size_of(trait.given) == self._counts.size
        return (
            self._cases if everywhere and self._cases.number else Cases(self._traces(trait), 0, known=False)
        )


def _once(found: Iterable[Untried]) -> Iterator[Untried]:
    """The same without repetition: what is as often is one, and what all tests have instead is no other."""
    in_order = sorted(found, key=lambda each: (_caller(each), each.taken, each.share, each.subject))
    alike = (_as_one(list(same)) for _, same in groupby(in_order, key=_occasion))
    for _, of_caller in groupby(alike, key=_caller):
        yield from _alternatives(list(of_caller))


def _caller(each: Untried) -> str:
    return str(each.trait.given)


def _occasion(each: Untried) -> tuple[object, ...]:
    """Calls of one caller that are made as often are said together; who answers a call is said by itself."""
    return _caller(each), each.taken, each.share, each.subject if each.instead else ""


def _as_one(same: Sequence[Untried]) -> Untried:
    first, *others = same
    return first._replace(beside=tuple([each.trait for each in others]))


def _alternatives(found: Sequence[Untried]) -> Iterator[Untried]:
    """What one caller does: a call that all tests make is said with those that production makes instead."""
    missed = [each for each in found if not each.taken]
    rests = (sum(each.rate for each in missed), sum(each.rate * (1 + len(each.beside)) for each in missed))
    instead = [each for each in found if each.taken and _adds_up(each.rate, rests)]
    others = tuple([each.trait for each in instead])
    yield from (each._replace(instead=each.instead or others) for each in missed)
    yield from (each for each in found if each.taken and each not in instead)


def _adds_up(rate: float, rests: Iterable[float]) -> bool:
    return any(rest > 0 and abs(rate + rest - 1.0) <= WHOLE for rest in rests)
