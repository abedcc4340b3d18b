"""Traces that a store returns in part, as Tempo does with those that are too large."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.acceptance.replaying import replayed
from tests.acceptance.trees import Step, call, drifts, findings, production, query, runs, server


def booking(number: int, *, pays: bool = True) -> Step:
    """A seat is paid for and taken."""
    pay = call("seats", "POST /payments", server("payments", "POST /payments", ms=5))
    taken = query("seats", "UPDATE", "seats", at=9)
    return server("seats", "POST /seats", *([pay] if pays else []), taken, ms=40)


def in_part(lines: Iterable[str]) -> Iterator[str]:
    """The same as answers of Tempo that lack something."""
    return (json.dumps({"trace": json.loads(line), "status": "PARTIAL"}) for line in lines)


def test_what_a_part_lacks_is_not_absent(tmp_path: Path) -> None:
    """A call without its answer, or no call at all, may be in the rest of the trace: nothing is claimed."""
    unpaid = list(runs(lambda n: booking(n, pays=False)))
    assert drifts(replayed(tmp_path, production(booking), unpaid), "POST /payments")
    report = replayed(tmp_path, production(booking), in_part(unpaid))
    assert findings(report) == [] and report.input.incomplete == 48
    assert not [
        line for line in report.verdicts if line.state.value == "ok" and line.dimension == "structure"
    ]
    [incomplete] = [line for line in report.dropped if line.kind == "incomplete"]
    assert incomplete.count == 48


def test_parts_are_no_loss(tmp_path: Path) -> None:
    """What they lack was not lost on the way, which would widen the tolerance of all that is whole."""
    report = replayed(
        tmp_path, production(booking), in_part(runs(lambda n: booking(n)._replace(dropped=True)))
    )
    assert report.comparison.span_loss.candidate in (None, 0.0) and report.coverage.dead == ()


def test_whole_traces_among_parts_decide(tmp_path: Path) -> None:
    """Parts add nothing, and take nothing away."""
    whole = [json.dumps({"trace": json.loads(line), "status": "COMPLETE"}) for line in runs(booking)]
    parts = in_part(runs(lambda n: booking(n, pays=False), count=3))
    report = replayed(tmp_path, production(booking), [*whole, *parts])
    assert findings(report) == [] and report.coverage.traffic == 1.0
