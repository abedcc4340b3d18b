"""Hints on environments that no comparison has."""

from typing import Any

from monitor.drift.hints import LISTED
from monitor.drift.strangers import strangers
from tests.unit.publish.records import view_of


def told(named: dict[str, list[str]], *flows: dict[str, int]) -> list[tuple[str, str, str]]:
    """Subject, sentence and remedy of each hint, from a summary for each of `flows`."""
    records: dict[str, Any] = {
        f"summary/{n}": {"strangers": named, "tallies": {"flows": each}} for n, each in enumerate(flows)
    }
    return [(hint.subject, hint.says, hint.remedy) for hint in strangers(view_of(records))]


def test_each_is_named_with_its_flows_and_what_to_set() -> None:
    """The one with the most flows first; flows are those of all partitions."""
    named = {"qa": ["of qa", "x"], "unknown": ["without an environment", "y"], "uat": ["of uat", "z"]}
    assert told(named, {"qa": 1, "unknown": 5, "production": 9}, {"unknown": 2}) == [
        ("unknown", "7 flows without an environment are compared with nothing.", "y"),
        ("qa", "1 flow of qa is compared with nothing.", "x"),
        ("uat", "Spans of uat arrive, and are compared with nothing.", "z"),
    ]


def test_many_are_named_together() -> None:
    """Beyond so many one hint stands for all others."""
    named = {f"pr-{n:03}": [f"of pr-{n:03}", "x"] for n in range(LISTED + 5)}
    hints = told(named, {})
    assert len(hints) == LISTED + 1
    assert hints[-1][:2] == (
        "others",
        f"5 other environments arrived, such as pr-{LISTED:03}, compared with nothing.",
    )


def test_without_a_summary_there_is_none() -> None:
    """Before the auditors have spoken, nothing is known."""
    assert strangers(view_of({})) == ()
