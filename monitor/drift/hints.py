"""Hints: what a person should set because of what the telemetry shows, with the line to paste.

Made from the records of the verdicts topic alone, like the report. Seven are known:

- `gateway`: one flow holds most of an environment's traffic, under many shapes. Its entry only passes on.
- `inner`: one side enters at an operation that the other one has only below other entries.
- `sampling`: nobody says how the reference was sampled, so that its shares of failures may not be its own.
- `split`: spans of one trace lie on several partitions, so that their flow is never seen whole.
- `unrouted`: requests of a service name no route, and their paths are too many to be flows.
- `environment`: what arrives is on no side of any comparison (`drift.strangers`).
- `silent`: a service sends no telemetry in the tests, and neither does what calls it (`drift.silent`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from glob import escape
from typing import Any, NamedTuple

MOST = 0.5
"""Share of an environment's traffic from which a flow with many shapes is taken for a gateway."""
LISTED = 20
"""So many hints of one kind are told, by name."""
_ROLES = ("reference", "candidate")


class Hint(NamedTuple):
    """One hint; `kind` and `subject` identify it, `says` is a sentence, `remedy` what to set."""

    kind: str
    subject: str
    says: str
    remedy: str


def hints(records: Mapping[str, Mapping[str, Any]], comparison: str) -> tuple[Hint, ...]:
    """What can be hinted of `comparison` from the latest records of the verdicts topic."""
    prefix = f"flow/{comparison}/"
    flows = [records[key] for key in sorted(records) if key.startswith(prefix)]
    owned = records[f"comparison/{comparison}"]
    names = owned["comparison"]
    return (
        *_gateways(flows, names),
        *_inner(flows, names),
        *_sampling(flows, names),
        *_split(owned),
        *_unrouted(flows),
    )


def _gateways(flows: list[Mapping[str, Any]], names: Mapping[str, Any]) -> Iterator[Hint]:
    told: dict[str, None] = {}
    for role in _ROLES:
        total = sum(flow[f"{role}_weight"] for flow in flows)
        for flow in flows:
            weight = flow[f"{role}_weight"]
            if role in flow.get("fans_out", ()) and weight >= MOST * total and flow["flow"] not in told:
                told[flow["flow"]] = None
                yield gateway(flow["flow"], weight / total, names[role])


def gateway(flow: str, share: float, environment: str) -> Hint:
    """The hint on an entry that looks like a gateway and has this share of an environment's traffic."""
    says = (
        f"{flow} looks like a gateway: {share:.0%} of the traffic of {environment} enters there and goes "
        "on to many different operations. Passed through, each is a flow of its own."
    )
    return Hint("gateway", flow, says, _line("flows.pass_through", flow))


def _inner(flows: Iterable[Mapping[str, Any]], names: Mapping[str, Any]) -> Iterator[Hint]:
    """Entries that only one side has, and that are servers below other entries of the other side."""
    flows = list(flows)
    for here, there, key in (
        ("candidate", "reference", "inner"),
        ("reference", "candidate", "candidate_inner"),
    ):
        alone = {flow["flow"] for flow in flows if flow[f"{here}_weight"] and not flow[f"{there}_weight"]}
        below = {name for flow in flows for name in flow.get(key, ())}
        for flow in sorted(alone & below)[:LISTED]:
            says = (
                f"{flow} is an entry in {names[here]} only; in {names[there]} it is an inner "
                "operation of other flows. Declared as inner, both are compared."
            )
            yield Hint("inner", flow, says, _line("flows.inner", flow))


def _sampling(flows: Iterable[Mapping[str, Any]], names: Mapping[str, Any]) -> Iterator[Hint]:
    if any(flow.get("outcomes_unknown") for flow in flows):
        reference = names["reference"]
        says = (
            f"Nothing says how {reference} is sampled, so how often its flows fail is not compared with "
            f"{names['candidate']}: a tail sampler that keeps errors would show more than there are."
        )
        remedy = f"environments.{reference}.sampling: none, head or tail (whichever it is)"
        yield Hint("sampling", reference, says, remedy)


def _unrouted(flows: Iterable[Mapping[str, Any]]) -> Iterator[Hint]:
    for flow in [flow for flow in flows if flow.get("unrouted")][:LISTED]:
        says = (
            f"Requests to {flow['unrouted']} name no route, and their paths have free words: they are "
            f"compared as one flow, {flow['flow']}."
        )
        remedy = 'http.route on its server spans, or flows.templates: ["/users/{name}/..."]'
        yield Hint("unrouted", flow["flow"], says, remedy)


def _split(owned: Mapping[str, Any]) -> Iterator[Hint]:
    split = owned.get("split", {})
    if split.get("split"):
        yield split_traces(split["split"], split["traces"], split["example"])


def split_traces(split: int, traces: int, example: str) -> Hint:
    """The hint on spans of one trace on several partitions; counts are of sampled traces."""
    says = (
        f"{split:,} of {traces:,} sampled traces lie on several partitions ({example}): their flows fall "
        "into pieces."
    )
    remedy = "partition_traces_by_id: true in the Collector's kafka exporter (a rekey stage will come)"
    return Hint("split", "traces", says, remedy)


def _line(setting: str, flow: str) -> str:
    """The line to paste, which is JSON and so YAML."""
    return f"{setting}: {json.dumps([escape(flow)], ensure_ascii=False)}"
