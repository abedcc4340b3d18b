"""What a flow's record says of where its traces go, on both sides: coverage adds it up over flows."""

from collections import Counter

from monitor.dimensions.crossings import Edge, edge_of, edges_of
from monitor.drift.policy import Comparison
from monitor.drift.records.flow import Crossed
from monitor.fingerprints.days import Days
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.flows.flow import FlowId, Outcome
from monitor.pipeline.audit.flow_state import FlowState

MOST = 64
"""Edges that a flow names, the busiest."""


def crossings_of(state: FlowState, comparison: Comparison) -> tuple[Crossed, ...]:
    """The edges that production or tests cross in this flow, the busiest of production first."""
    weight, failing = Counter[Edge](), Counter[Edge]()
    tests, failing_tests = set[Edge](), set[Edge]()
    for outcome in Outcome:
        fails = outcome is not Outcome.OK
        reference = _weights(state.reference(comparison, outcome), state.id)
        weight.update(reference)
        failing.update(reference if fails else {})
        tested = _had(state.side(comparison.candidate, outcome).fingerprint.days, state.id)
        tests |= tested
        failing_tests |= tested if fails else set()
    unsure = {edge for edge in tests - weight.keys() if not edge.service}
    busiest = sorted({*weight, *tests} - unsure, key=lambda edge: (-weight[edge], edge))[:MOST]
    return tuple(
        Crossed(*edge, weight[edge], failing[edge], edge in tests, edge in failing_tests) for edge in busiest
    )


def _weights(path: Fingerprint, flow: FlowId) -> Counter[Edge]:
    """How much of a path's traffic crosses each edge (1/1024)."""
    days, crossed = path.days, Counter[Edge]()
    everything = dict.fromkeys(days.days, 1.0)
    for variant, each in days.variants.sums(everything).items():
        crossed.update(dict.fromkeys(edges_of(variant), round(each.weight)))
    for things in days.things.values():
        sums = things.sums(everything)
        crossed[Edge("", *flow)] += round(sums[None].weight) if None in sums else 0
        edges = ((edge_of(thing), each) for thing, each in sums.items())
        crossed.update({edge: round(each.weight) for edge, each in edges if edge and edge.service})
    return crossed


def _had(days: Days, flow: FlowId) -> set[Edge]:
    """The edges that any trace crossed, and where traces are counted by thing any call, answered or not."""
    had = {edge for variant in days.variants.names for edge in edges_of(variant)}
    of_things = (edge_of(thing) for things in days.things.values() for thing in things.names)
    entered = {Edge("", *flow)} if days.things else set()
    return had | entered | {edge for edge in of_things if edge}
