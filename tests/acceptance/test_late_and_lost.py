"""late_and_lost: spans that come late or never lower completeness; they are no drift of structure.

The spans of one side are damaged on their way, all services alike, one service, or whole batches; each with
its twin, where a call really vanished, or nothing is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

import pytest

from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.comparison import SpanLoss
from monitor.drift.report import Report, build_report
from monitor.drift.verdict import State, Verdict
from monitor.pipeline.observe.observer import ObserverSettings
from monitor.pipeline.offline import compare
from monitor.wire.span import Kind, Span
from tests.factories import MILLISECOND, span

SECOND = 1000 * MILLISECOND
POLICY = Policy(comparisons=(Comparison(name="prod-test", reference="production", candidate="integration"),))
TRACES = 3000
RUNS, CASES = 25, 8
RUN_EVERY = 400
"""Seconds between two runs: the one before has settled."""
CALLS = (("payment", "POST /charge"), ("inventory", "GET /stock"), ("shipping", "POST /quote"))
Damage = Callable[[Sequence[Span], Random], list[Span]]


class Side(NamedTuple):
    """Where and as what traces are made."""

    environment: str
    run: str = ""
    case: str = ""


def trace(number: int, at: int, side: Side, calls: Sequence[tuple[str, str]] = CALLS) -> Iterator[Span]:
    """An order: three calls to services that each ask their database; times in ns after the epoch."""

    def one(id: int, parent: int, service: str, kind: Kind, name: str, start: int, duration: int) -> Span:
        return span(
            id,
            trace=number,
            parent=parent,
            service=service,
            kind=kind,
            name=name,
            start=at + start * MILLISECOND,
            duration=duration * MILLISECOND,
            environment=side.environment,
            suite="nightly",
            run=side.run,
            case=side.case,
        )

    yield one(1, 0, "shop", Kind.SERVER, "POST /orders", 0, 200)
    for place, (service, name) in enumerate(calls):
        begin, call = 10 + 40 * place, 10 + 3 * place
        yield one(call, 1, "shop", Kind.CLIENT, name, begin, 30)
        yield one(call + 1, call, service, Kind.SERVER, name, begin + 2, 26)
        yield one(call + 2, call + 1, service, Kind.CLIENT, f"db SELECT {service}", begin + 5, 10)


def production() -> list[Span]:
    """Ten minutes of production."""
    side = Side("production")
    return [each for n in range(TRACES) for each in trace(n, n * 600 * SECOND // TRACES, side)]


def runs(damage: Damage, calls: Sequence[tuple[str, str]] = CALLS) -> list[Span]:
    """The test runs after it, damaged run by run."""
    dice, spans = Random(11), []
    for run in range(RUNS):
        whole = [
            each
            for case in range(CASES)
            for each in trace(
                100_000 + run * CASES + case,
                (1000 + RUN_EVERY * run + case) * SECOND,
                Side("integration", f"ci-{run}", f"case {case}"),
                calls,
            )
        ]
        spans += damage(whole, dice)
    return spans


def whole(spans: Sequence[Span], _: Random) -> list[Span]:
    """No damage."""
    return list(spans)


def late_and_lost(spans: Sequence[Span], dice: Random) -> list[Span]:
    """One in twenty is lost; one in ten ends (and so arrives) when its group has long been closed."""
    kept = [each for each in spans if dice.random() >= 0.05]
    return [each._replace(duration=40 * SECOND) if dice.random() < 0.1 else each for each in kept]


def lost(spans: Sequence[Span], dice: Random) -> list[Span]:
    """One in twenty is lost."""
    return [each for each in spans if dice.random() >= 0.05]


def lossy_service(spans: Sequence[Span], dice: Random) -> list[Span]:
    """One service loses a tenth of its spans, all others none."""
    return [each for each in spans if each.facts.service != "payment" or dice.random() >= 0.1]


def lost_batches(spans: Sequence[Span], dice: Random) -> list[Span]:
    """Exporters send what one service ended in a second; one batch in twelve is lost whole."""
    batches = {(each.facts.service, each.start // SECOND): dice.random() >= 1 / 12 for each in spans}
    return [each for each in spans if batches[each.facts.service, each.start // SECOND]]


def hardly_any_left(spans: Sequence[Span], dice: Random) -> list[Span]:
    """Every third span is lost."""
    return [each for each in spans if dice.random() >= 1 / 3]


def report_on(damage: Damage, calls: Sequence[tuple[str, str]] = CALLS) -> Report:
    """The report on these runs against whole production."""
    records = compare(production(), runs(damage, calls), ObserverSettings(), POLICY, lambda *_: None)
    return build_report(records, "prod-test")


def structure(report: Report) -> list[Verdict]:
    """What is said of the calls of the flow that is tested."""
    return [line for line in report.verdicts if line.dimension == "structure" and "POST /orders" in line.flow]


@pytest.mark.parametrize("damage", [late_and_lost, lost, lossy_service, lost_batches])
def test_late_and_lost(damage: Damage) -> None:
    """Lost and late spans make no line about structure suspect, and are counted as span loss."""
    report = report_on(damage)
    assert not [line for line in structure(report) if line.state in (State.DRIFT, State.SUSPECT)]
    assert (report.comparison.span_loss.candidate or 0.0) > 0.01
    assert report.comparison.span_loss.reference == 0.0


@pytest.mark.fault(8)
def test_late_spans_are_counted() -> None:
    """Spans that come after their flow was read are counted as late, and are in no flow."""
    told = report_on(late_and_lost).input
    assert told.late > RUNS
    assert told.incomplete + told.unfinished > RUNS


def test_nothing_lost() -> None:
    """The quiet twin: whole runs are ok, complete, and nothing is said to be lost."""
    report = report_on(whole)
    assert {line.state for line in structure(report)} == {State.OK}
    assert (report.input.incomplete, report.input.late) == (0, 0)
    assert report.comparison.span_loss == SpanLoss(reference=0.0, candidate=0.0)


@pytest.mark.parametrize("damage", [whole, lost, lossy_service])
def test_a_call_that_vanished_is_told_all_the_same(damage: Damage) -> None:
    """Where a call really is not made any more, loss of other spans does not hide it."""
    lines = structure(report_on(damage, CALLS[:2]))
    drifting = [line.subject for line in lines if line.state is State.DRIFT]
    assert drifting == ["shop POST /orders -> POST /quote"]


def test_too_much_is_lost_for_any_verdict() -> None:
    """Beyond `evidence.loss_limit` structure is insufficient, and says why."""
    lines = structure(report_on(hardly_any_left))
    assert not [line for line in lines if line.state in (State.DRIFT, State.SUSPECT, State.OK)]
    assert any("Too many spans get lost" in line.reason for line in lines)
