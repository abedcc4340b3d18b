"""The first page: can the tests be trusted, in one sentence and three numbers, and what differs now."""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted, share
from monitor.drift.records.comparison import ComparisonRecord
from monitor.drift.verdict import State, Verdict, strength
from monitor.ledgers import LEDGERS
from monitor.publish.pages.board import Board

LISTED = 20
"""Findings of one kind that the page shows; the list of flows has the rest."""
_LISTED = frozenset([ledger.name for ledger in LEDGERS if ledger.listed])
TRUSTED = 0.8
"""Faithful coverage from which the sentence says yes."""


class Overview(NamedTuple):
    """What the page says of one comparison.

    drifts: proven differences, the best proven first, at most LISTED of `drifting`; suspects: likewise of
    what may differ. flows: with a proven difference. linked: the flows that have a page.
    """

    says: str
    trusted: str
    record: ComparisonRecord
    drifts: list[Verdict]
    drifting: int
    suspects: list[Verdict]
    suspected: int
    flows: int
    linked: frozenset[str]


def overview(board: Board) -> Overview:
    """The page of a comparison."""
    lines = [line for line in board.lines if _counts(line)]
    drifts, suspects = _in(State.DRIFT, lines), _in(State.SUSPECT, lines)
    flows = len({line.flow for line in drifts})
    trusted, says = _trust(board.record, flows)
    return Overview(
        says=says,
        trusted=trusted,
        record=board.record,
        drifts=drifts[:LISTED],
        drifting=len(drifts),
        suspects=suspects[:LISTED],
        suspected=len(suspects),
        flows=flows,
        linked=frozenset(flow.flow for flow in board.flows),
    )


def _counts(line: Verdict) -> bool:
    """Whether the page lists a line: a flow that no test exercises stands in a list of its own."""
    listed = line.dimension in _LISTED and line.state is not State.DRIFT
    return line.severity is not Severity.REPORTS and not listed


def _in(state: State, lines: Iterable[Verdict]) -> list[Verdict]:
    """The lines in a state, the best proven first, each thing once."""
    found = {
        (line.flow, line.outcome, line.dimension, line.subject): line for line in lines if line.state is state
    }
    return sorted(found.values(), key=strength, reverse=True)


def _trust(record: ComparisonRecord, drifting: int) -> tuple[str, str]:
    """`yes`, `no` or `unknown`, and the sentence."""
    sides, shares = record.comparison, record.coverage
    if record.lost is not None:
        return (
            "unknown",
            f"Not known: telemetry of {sides.candidate} is lost. {' '.join(record.lost.reasons)}",
        )
    if not sides.units:
        return (
            "unknown",
            f"Not known yet: no test in {sides.candidate} has been compared with {sides.reference}.",
        )
    if drifting:
        whose = f"in {counted(drifting, 'flow')} the tests differ from {sides.reference}."
        return "no", f"Not as they are: {whose}"
    if shares.faithful is None:
        return "unknown", f"Not known yet: {sides.reference} has shown no flow."
    stand = f"the tests stand for {share(shares.faithful)} of the traffic of {sides.reference}"
    if shares.faithful >= TRUSTED:
        return "yes", f"Yes, as far as is known: {stand}, and nothing is proven to differ."
    return (
        "no",
        f"Only in part: {stand}. Nothing is proven to differ, and the rest is not tested or not judged.",
    )
