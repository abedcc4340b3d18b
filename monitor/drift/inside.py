"""Flows that only tests have and that production has inside others: they are no dead flows.

Tests call an inner service directly, or spans of the callers got lost; a hint says so (`drift.hints`). That
production never had such a flow would be wrong: it has it with every request of the others.
"""

from collections.abc import Iterable
from itertools import pairwise

from monitor.drift.records.comparison import ComparisonRecord
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.verdict import Verdict


def carriers(flows: Iterable[FlowVerdicts]) -> list[str]:
    """Names of requests that carry something, of which no span says what, as for others it does."""
    names = sorted(flow.flow for flow in flows)
    return [name for name, after in pairwise(names) if "/" in name and after.startswith(f"{name} ")]


def known_inside(flows: list[FlowVerdicts]) -> frozenset[str]:
    """The flows of tests alone that are servers below entries of the reference, or carriers there."""
    below = {name for flow in flows for name in flow.inner} | {*carriers(flows)}
    return frozenset(
        flow.flow
        for flow in flows
        if flow.flow in below and flow.candidate_weight and not flow.reference_weight
    )


def of_the_whole(record: ComparisonRecord, inside: frozenset[str]) -> list[Verdict]:
    """What a record says of whole flows, but for those that the reference has inside others."""
    return [line for line in record.verdicts if line.flow not in inside]
