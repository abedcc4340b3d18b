"""Environments that arrive and are on no side of any comparison, from the summaries of all partitions.

The summary of partition 0 names them, each with what to set; every summary counts the flows of its partition.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.dimensions.words import counted
from monitor.drift.hints import LISTED, Hint

KIND = "environment"
OTHERS = "others"
"""Subject of the hint on those that are not named one by one."""


def strangers(records: Mapping[str, Mapping[str, Any]]) -> tuple[Hint, ...]:
    """A hint on each, those with the most flows first; beyond `LISTED` one on all others together."""
    summaries = [records[key] for key in sorted(records) if key.startswith("summary/")]
    named: Mapping[str, Any] = records.get("summary/0", {}).get("strangers", {})
    flows: Counter[str] = Counter()
    for summary in summaries:
        flows.update({name: n for name, n in summary["tallies"]["flows"].items() if name in named})
    order = sorted(named, key=lambda name: (-flows[name], name))
    hints = [Hint(KIND, name, _says(flows[name], named[name][0]), named[name][1]) for name in order[:LISTED]]
    return (*hints, *_others(order[LISTED:]))


def _says(flows: int, whose: str) -> str:
    if not flows:
        return f"Spans {whose} arrive, and are compared with nothing."
    return f"{counted(flows, 'flow')} {whose} {'is' if flows == 1 else 'are'} compared with nothing."


def _others(names: list[str]) -> Iterator[Hint]:
    if names:
        says = (
            f"{counted(len(names), 'other environment')} arrived, such as {names[0]}, compared with nothing."
        )
        remedy = (
            "environments: {NAME: {match: {deployment.environment.name: [GLOB]}}} (one name for all of them)"
        )
        yield Hint(KIND, OTHERS, says, remedy)
