"""Report -> sentences: what is new since the last look, in plain words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from monitor.dimensions import SPLITS
from monitor.dimensions.words import path_name
from monitor.ledgers import LEDGERS

LOUD = ("suspect", "drift")
"""States worth a sentence; changes among the others are not."""
_LISTED = {(ledger.name, ledger.listed.get("missing")) for ledger in LEDGERS}
"""Dimension and subject of lines that repeat the list of missing flows, which has their shares."""
_ONE_SUBJECT = frozenset([split.name for split in SPLITS])
"""Of these a flow has one line, whose subject says nothing more."""
WORTH_TELLING = 0.001
"""A flow counts as untested from this share of production's traffic on."""
FEW = 3
"""At most this many flows are named, more are counted."""


class Subject(NamedTuple):
    """What a verdict is about."""

    flow: str
    outcome: str
    dimension: str
    subject: str


class Sentence(NamedTuple):
    """One piece of news: the flows that it is about, its first word, and the whole of it."""

    flows: frozenset[str]
    state: str
    text: str


class News:
    """Remembers the last state of everything."""

    def __init__(self) -> None:
        self._states: dict[Subject, str] = {}
        self._missing: set[str] = set()

    def read(self, report: Mapping[str, Any]) -> list[Sentence]:
        """Sentences about what changed to or from suspect and drift, and about flows that no test exercises.

        `report` has the form of GET /api/v1/report.
        """
        missing = report["coverage"]["missing"] if report["comparison"]["units"] else ()
        return [*self._verdicts(report["verdicts"]), *self._coverage(missing)]

    def _verdicts(self, lines: list[Mapping[str, Any]]) -> Iterator[Sentence]:
        for line in lines:
            subject = Subject(line["flow"], line["outcome"], line["dimension"], line["subject"])
            before, now = self._states.get(subject, "new"), line["state"]
            self._states[subject] = now
            news = (line["dimension"], line["subject"]) not in _LISTED
            if news and now != before and (now in LOUD or before in LOUD):
                yield _sentence([line["flow"]], now.upper(), _about(subject, line["reason"]))

    def _coverage(self, missing: Iterable[Mapping[str, Any]]) -> Iterator[Sentence]:
        shares = {entry["flow"]: entry["share"] for entry in missing if entry["share"] >= WORTH_TELLING}
        before, self._missing = self._missing, set(shares)
        appeared = [flow for flow in shares if flow not in before]
        if appeared:
            share = sum(shares[flow] for flow in appeared)
            says = f"{_named(appeared)}: {share:.1%} of production, and no test exercises it"
            yield _sentence(appeared, "UNTESTED", says)
        if gone := sorted(before - self._missing):
            yield _sentence(gone, "COVERED", f"{_named(gone)}: exercised by tests now")


def _sentence(flows: Iterable[str], state: str, says: str) -> Sentence:
    return Sentence(frozenset(flows), state, f"{state:8} {says}")


def _named(flows: Sequence[str]) -> str:
    """All of them while they are few, else how many."""
    return ", ".join(flows) if len(flows) <= FEW else f"{len(flows)} flows"


def _about(subject: Subject, reason: str) -> str:
    """Where, and what: the reason mostly names the subject itself."""
    known = subject.subject in reason or subject.dimension in _ONE_SUBJECT
    named = "" if known else f" of {subject.subject}"
    return f"{path_name(subject.flow, subject.outcome)}, {subject.dimension}{named}: {reason}"
