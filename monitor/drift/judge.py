"""The life cycle of a verdict: a fold over what a dimension of a flow says, with episodes and events.

An episode begins with `suspect` or `drift`: pending while `suspect`, firing at `drift`, resolved when it
leaves `drift` (or is over without it). A `suspect` that follows `drift` begins a new one. Its id depends on
what it is about and on its ordinal only, so whoever folds the same log gives the same ids.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple, Protocol

from monitor.base.moments import to_the_minute
from monitor.base.units import LogTime
from monitor.dimensions.dimension import Headlines, Severity
from monitor.drift.records.alert import Alert, Annotations, FlowLabels, VerdictAnnotations
from monitor.drift.verdict import State, Verdict, strength

_PHASES = {State.SUSPECT: "pending", State.DRIFT: "firing"}


class Episode(NamedTuple):
    """Where a (comparison, flow, dimension) stands: its state, and how many episodes it has had."""

    state: State = State.INSUFFICIENT
    ordinal: int = 0
    since: LogTime = LogTime(0)


class About(NamedTuple):
    """What an episode is about: its identity, never a number."""

    comparison: str
    flow: str
    dimension: str


class Question(Protocol):
    """What is asked: a dimension or a ledger."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def severity(self) -> Severity:
        """What a drift does."""

    @property
    def alert(self) -> str:
        """The name of its alert."""

    @property
    def headlines(self) -> Headlines:
        """What its alert says in one line."""


def judge(
    about: About, question: Question, verdicts: Iterable[Verdict], previous: Episode, now: LogTime
) -> tuple[Episode, list[Alert]]:
    """The next state of an episode and the events that the change makes.

    `verdicts`: all lines of this flow about the question; the worst one speaks. Where nothing is said any
    more, as when a setting ends a judgement, an open episode is over. `now`: log time of the change. What
    stands in reports alone makes no event.
    """
    worst = max(verdicts, key=strength, default=None)
    state = worst.state if worst else State.INSUFFICIENT
    if state is previous.state:
        return previous, []
    alerts: list[Alert] = []
    if previous.state is State.DRIFT or (previous.state in _PHASES and state not in _PHASES):
        ended = Episode(state, previous.ordinal, now)
        alerts.append(_alert(about, question, ended, "resolved", worst))
    begins = state in _PHASES and previous.state is not State.SUSPECT
    episode = Episode(state, previous.ordinal + begins, now)
    if state in _PHASES:
        alerts.append(_alert(about, question, episode, _PHASES[state], worst))
    return episode, [] if question.severity is Severity.REPORTS else alerts


def _alert(about: About, question: Question, episode: Episode, phase: str, worst: Verdict | None) -> Alert:
    identity = episode_id(about, episode.ordinal)
    summary = getattr(question.headlines, phase).format(**about._asdict())
    return Alert(
        id=f"{identity}-{phase}-{episode.since}",
        episode=identity,
        phase=phase,
        severity=question.severity.of_alert,
        labels=FlowLabels(alertname=question.alert, **about._asdict()),
        annotations=_annotations(summary, worst),
        onset=worst.onset if worst else None,
        at=episode.since,
    )


def _annotations(summary: str, worst: Verdict | None) -> Annotations:
    if worst is None:
        return Annotations(summary=summary, description="Nothing speaks for it any more.")
    traces = {f"{side}_trace": next(iter(ids), "") for side, ids in worst.examples.sides()}
    return VerdictAnnotations(
        summary=summary,
        description=worst.reason,
        subject=worst.subject,
        outcome=worst.outcome,
        service=worst.service,
        since="" if worst.onset is None else to_the_minute(worst.onset),
        moved=worst.moved,
        began_with=worst.began_with,
        **traces,
    )


def episode_id(about: About, ordinal: int) -> str:
    """Deterministic id of an episode: BLAKE2b-128 of what it is about and its ordinal."""
    text = "\0".join((*about, str(ordinal)))
    return blake2b(text.encode(), digest_size=16).hexdigest()
