"""Environments that arrive and are on no side of any comparison, from the summaries of all partitions.

The summary of partition 0 names them, each with what to set; every summary counts the flows of its partition.
"""

from collections import Counter
from collections.abc import Iterator

from monitor.dimensions.words import counted
from monitor.drift.hints import LISTED, Hint
from monitor.drift.records.latest import Latest
from monitor.drift.records.summary import Summary

OTHERS = "others"
"""Subject of the hint on those that are not named one by one."""


def strangers(records: Latest) -> tuple[Hint, ...]:
    """A hint on each, those with the most flows first; beyond `LISTED` one on all others together."""
    summaries = records.every(Summary)
    named = next((summary.strangers for summary in summaries if summary.partition == 0), {})
    flows: Counter[str] = Counter()
    for summary in summaries:
        flows.update({name: n for name, n in summary.tallies.flows.items() if name in named})
    order = sorted(named, key=lambda name: (-flows[name], name))
    hints = [
        _hint(name, _says(flows[name], named[name].whose), named[name].remedy) for name in order[:LISTED]
    ]
    return (*hints, *_others(order[LISTED:]))


def _hint(subject: str, says: str, remedy: str) -> Hint:
    return Hint("environment", subject, says, remedy)


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
        yield _hint(OTHERS, says, remedy)
