"""Hints in the log: each once."""

from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from monitor.drift.hints import Hint
from monitor.drift.verdict import State
from monitor.publish.view import View
from monitor.service.hinting import MOST_REPORTED, HintReporter
from tests.unit.drift.test_judge import line
from tests.unit.publish.records import view_of

NAMES = {"reference": "production", "candidate": "tests", "units": 0}
SPLIT = {"split": {"traces": 9, "split": 2, "example": "ab on x/0 and x/1"}}


def test_a_hint_is_told_once() -> None:
    """However often it is found, and however its numbers change."""
    told: list[Hint] = []
    hinting = HintReporter(View(), ["c"], told.append)
    for says in ("2 of 9", "3 of 9"):
        hinting.report_new([Hint("split", "traces", says, "do")])
    assert [hint.says for hint in told] == ["2 of 9"]


def test_no_more_than_a_hundred_are_told() -> None:
    """Telemetry decides how many there are."""
    told: list[Hint] = []
    HintReporter(View(), [], told.append).report_new(
        Hint("inner", str(n), "", "") for n in range(2 * MOST_REPORTED)
    )
    assert len(told) == MOST_REPORTED


def test_a_comparison_of_which_nothing_is_known_gives_none() -> None:
    """Before the owner has spoken there is nothing to look at."""
    hinting = HintReporter(View(), ["c", "other"], print)
    assert hinting.found(View()) == []
    known = view_of({"comparison/c": {"comparison": NAMES, **SPLIT}})
    assert [hint.kind for hint in hinting.found(known)] == ["split"]


def test_what_no_comparison_has_is_told_without_any_comparison() -> None:
    """It may be why there is none."""
    summary = {"strangers": {"qa": ["of qa", "this"]}, "tallies": {"flows": {"qa": 2}}}
    [hint] = HintReporter(View(), ["c"], print).found(view_of({"summary/0": summary}))
    assert (hint.kind, hint.subject) == ("environment", "qa")


def test_a_service_without_telemetry_in_the_tests_is_in_the_log() -> None:
    """However many flows call it: the log says so once, where each flow has a page of its own."""
    flows: dict[str, Any] = {
        f"flow/c/{number}": {"flow": f"shop GET /{number}", "services": ["shop"], "silent": ["payments"]}
        for number in range(3)
    }
    called = line(State.SUSPECT)
    flows["flow/c/1"]["verdicts"] = [to_builtins(replace(called, seen_by="payments", reason="Both shares."))]
    known = view_of({"comparison/c": {"comparison": NAMES}, **flows})
    [hint] = HintReporter(View(), ["c"], print).found(known)
    assert (hint.kind, hint.subject) == ("silent", "payments")
    assert hint.says.startswith(
        "payments sends no telemetry in tests at all. In the reference it takes part in 3"
    )
    assert hint.says.endswith(f"In {called.flow}, Both shares.")
