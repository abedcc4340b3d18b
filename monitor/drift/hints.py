"""Hints: what a person should set because of what the telemetry shows, with the line to paste.

Made from the records of the verdicts topic alone, like the report. Nine are known:

- `gateway`: one flow holds most of an environment's traffic, under many shapes. Its entry only passes on.
- `inner`: one side enters at an operation that the other one has only below other entries.
- `silent`: spans are missing: of what a gateway passes on to; of what says which operation a request
  carries; of a service in the tests (`drift.silent`).
- `sampling`: nobody says how the reference was sampled, so that its shares of failures may not be its own.
- `split`: spans of one trace lie on several partitions, so that their flow is never seen whole.
- `alias`: names of the two sides differ only by the names of environments (`drift.twins`).
- `unrouted`: names of a service's flows have free parts (paths without a route, destinations without a
  template, batches), and are too many to be flows.
- `clock`: records are stamped by clocks that are off (`drift.clocks`).
- `environment`: what arrives is on no side of any comparison (`drift.strangers`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from glob import escape
from itertools import islice
from typing import Literal

import msgspec

from monitor.drift.inside import carriers
from monitor.drift.records.comparison import Sides, Split
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.latest import Latest
from monitor.drift.twins import twins

GATEWAY_SHARE = 0.5
"""Share of an environment's traffic from which a flow with many shapes is taken for a gateway."""
LOST_SHARE = 0.1
"""Where spans get lost, an inner operation is an entry now and then: in at most this share of its flows."""
LISTED = 20
"""Hints of one kind that are made at most, the first by name."""


class Hint(msgspec.Struct, frozen=True):
    """One hint; `kind` and `subject` identify it, `says` is a sentence, `remedy` what to set."""

    kind: Literal[
        "alias", "clock", "environment", "gateway", "inner", "sampling", "silent", "split", "unrouted"
    ]
    subject: str
    says: str
    remedy: str


def hints(records: Latest, comparison: str) -> tuple[Hint, ...]:
    """What can be hinted of a comparison that is known."""
    known, flows = records.comparisons()[comparison], records.flows(comparison)
    sides = known.comparison
    return (
        *_gateways(flows, sides),
        *_inner(flows, sides),
        *_unanswered(flows),
        *_unnamed(flows),
        *_sampling(flows, sides),
        *_split(known.split),
        *_unrouted(flows),
        *_twins(flows, sides),
    )


def _gateways(flows: list[FlowVerdicts], sides: Sides) -> Iterator[Hint]:
    named: dict[str, None] = {}
    for role, environment in (("reference", sides.reference), ("candidate", sides.candidate)):
        total = sum(flow.weight(role) for flow in flows)
        for flow in flows:
            weight = flow.weight(role)
            fans_out = role in flow.fans_out and not flow.unrouted  # of those the other hint says it
            if fans_out and weight >= GATEWAY_SHARE * total and flow.flow not in named:
                named[flow.flow] = None
                yield gateway(flow.flow, weight / total, environment)


def gateway(flow: str, share: float, environment: str) -> Hint:
    """The hint on an entry that looks like a gateway and has this share of an environment's traffic."""
    says = (
        f"{flow} looks like a gateway: {share:.0%} of the traffic of {environment} enters there and goes "
        "on to many different operations. Passed through, each is a flow of its own."
    )
    return Hint("gateway", flow, says, _line("flows.pass_through", flow))


def _inner(flows: list[FlowVerdicts], sides: Sides) -> Iterator[Hint]:
    """Entries that are servers below other entries on one side, and hardly ever entries there."""
    named = {"reference": sides.reference, "candidate": sides.candidate}
    inside = {role: _hardly_entries(flows, role) for role in named}
    entered = {role: {flow.flow for flow in flows if flow.weight(role)} for role in named}
    for name in sorted(inside["reference"] ^ inside["candidate"])[:LISTED]:
        within, beside = sorted(named, key=lambda role: name not in inside[role])
        if name in entered[beside]:
            yield inner(name, named[beside], named[within])
        elif within == "reference":
            yield seldom(name, sides.reference)


def _hardly_entries(flows: list[FlowVerdicts], role: str) -> set[str]:
    """Flows whose entry is a server below other entries of one side, and hardly ever an entry there."""
    below = Counter[str]()
    for flow in [flow for flow in flows if not flow.unrouted]:  # those group their own entries
        below.update(dict.fromkeys(flow.inner_of(role), flow.weight(role)))
    return {f.flow for f in flows if f.flow in below and f.weight(role) <= LOST_SHARE * below[f.flow]}


def inner(flow: str, here: str, there: str) -> Hint:
    """The hint on an entry in the environment `here` that is hardly ever one in the environment `there`."""
    says = (
        f"{flow} is an entry in {here}; in {there} it is an inner operation of other flows. "
        "Declared as inner, both are compared."
    )
    return Hint("inner", flow, says, _line("flows.inner", flow))


def seldom(flow: str, environment: str) -> Hint:
    """The hint on a flow of the reference alone that is mostly an inner operation of its other flows."""
    says = (
        f"{flow} is seldom an entry in {environment}, and mostly an inner operation of other flows: spans of "
        "its callers get lost, or somebody who sends no telemetry calls it, too."
    )
    return Hint("inner", flow, says, f"Look for lost spans, or {_line('flows.inner', flow)}")


def _alone(flows: list[FlowVerdicts]) -> tuple[set[str], set[str]]:
    """The flows that only the reference has, and those that only the candidate has."""
    live = {flow.flow for flow in flows if flow.reference_weight and not flow.candidate_weight}
    tests = {flow.flow for flow in flows if flow.candidate_weight and not flow.reference_weight}
    return live, tests


def _twins(flows: list[FlowVerdicts], sides: Sides) -> Iterator[Hint]:
    live, tests = _alone(flows)
    found = twins(live, tests, (sides.reference, sides.candidate))
    for pair in islice(found, LISTED):
        says = (
            f"{pair.reference} and {pair.candidate} differ only by the names of environments, and each is on "
            "one side alone. With aliases they are one."
        )
        remedy = f"services.aliases: {json.dumps(pair.aliases, ensure_ascii=False)}"
        yield Hint("alias", pair.candidate, says, remedy)


def _unanswered(flows: list[FlowVerdicts]) -> Iterator[Hint]:
    """Entries that pass on to other flows, where nothing is seen of what they passed on to."""
    fronts = {name for flow in flows for name in flow.passed_on}
    for name in [flow.flow for flow in flows if flow.flow in fronts][:LISTED]:
        says = f"{name} passes requests on to other flows; of these no span came from behind it."
        yield Hint("silent", name, says, "Look for lost spans, or a service without telemetry behind it.")


def _unnamed(flows: list[FlowVerdicts]) -> Iterator[Hint]:
    """Requests that carry something, of which no span says what; of others with the same route one does."""
    for name in carriers(flows)[:LISTED]:
        says = f"{name} is the name of requests of which no span says what they carry, as for others it does."
        yield Hint("silent", name, says, "Look for lost spans, or for an instrumentation that is off.")


def _sampling(flows: Iterable[FlowVerdicts], sides: Sides) -> Iterator[Hint]:
    if any(flow.outcomes_unknown for flow in flows):
        reference = sides.reference
        says = (
            f"Nothing says how {reference} is sampled, so how often its flows fail is not compared with "
            f"{sides.candidate}: a tail sampler that keeps errors would show more than there are."
        )
        remedy = f"environments.{reference}.sampling: none, head or tail (whichever it is)"
        yield Hint("sampling", reference, says, remedy)


def _unrouted(flows: Iterable[FlowVerdicts]) -> Iterator[Hint]:
    for flow in [flow for flow in flows if flow.unrouted][:LISTED]:
        operation = flow.flow.removeprefix(f"{flow.unrouted} ")
        what, remedy = _free_names(operation)
        says = f"{what.format(service=flow.unrouted)}: they are compared as one flow, {flow.flow}."
        if operation.startswith("HTTP ") and (flow.inner or flow.candidate_inner):
            says += (
                f" {flow.unrouted} calls other services for them: if it only passes them on, each is a flow."
            )
            passing = f"flows.pass_through: {json.dumps([f'{escape(flow.unrouted)} *'], ensure_ascii=False)}"
            remedy = f"{passing}, if it is a gateway; else {remedy}"
        yield Hint("unrouted", flow.flow, says, remedy)


def _free_names(operation: str) -> tuple[str, str]:
    """What has names with free parts, by the flow that stands for all of them, and what to do."""
    what = operation.rpartition(" {other")[0]
    if what == "HTTP":
        return (
            "Requests to {service} name no route, and their paths have free words",
            'http.route on its server spans, or flows.templates: ["/users/{name}/..."]',
        )
    if what.endswith(" batch"):
        return (
            "Requests to {service} carry many different batches of operations",
            "Nothing, if tests send batches, too: each operation is compared by what it calls.",
        )
    template = "messaging.destination.template on its spans (devices/{device}/state)"
    alias = 'services.aliases: {"devices/*/state": "devices/any/state"}'
    return (
        "{service} consumes from destinations with free words, as the names of devices or tenants",
        f"{template}, or the same in {alias}",
    )


def _split(split: Split) -> Iterator[Hint]:
    if split.split:
        yield split_traces(split.split, split.traces, split.example)


REKEY = "kafka.traces.rekey: true"
"""The line that turns the rekey stage on."""


def split_traces(split: int, traces: int, example: str) -> Hint:
    """The hint on spans of one trace on several partitions; counts are of sampled traces."""
    says = (
        f"{split:,} of {traces:,} sampled traces lie on several partitions ({example}): their flows fall "
        "into pieces."
    )
    remedy = f"{REKEY}, or partition_traces_by_id: true in the Collector's kafka exporter"
    return Hint("split", "traces", says, remedy)


def _line(setting: str, flow: str) -> str:
    """The line to paste, which is JSON and so YAML."""
    return f"{setting}: {json.dumps([escape(flow)], ensure_ascii=False)}"
