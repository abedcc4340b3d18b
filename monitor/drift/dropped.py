"""What the program itself dropped, or could not judge: no sentence of the report claims anything about it."""

from collections.abc import Iterator

import msgspec

from monitor.dimensions.words import counted, share
from monitor.drift.records.comparison import ComparisonRecord, Input
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.latest import Latest
from monitor.drift.records.summary import Summary
from monitor.drift.verdict import State

LISTED = 5
"""Names that one line lists at most."""
OVERFLOW = "__overflow__ __overflow__"
"""The flow that stands for all that an auditor does not follow, as its record spells it."""


class Dropped(msgspec.Struct, frozen=True):
    """One kind of it: how many of what, as a sentence, and what to set or mend."""

    kind: str
    count: int
    says: str
    remedy: str


def dropped(records: Latest, comparison: str) -> Iterator[Dropped]:
    """Everything that is left out of what the report on `comparison` claims; nothing where it is 0."""
    known = records.comparisons()[comparison]
    read = _read(known.input, records.every(Summary))
    lines = (*read, _out_of_scope(known), *_flows(records.flows(comparison)))
    yield from (line for line in lines if line.count)


def _read(seen: Input, summaries: list[Summary]) -> Iterator[Dropped]:
    late, rejected, incomplete = seen.late, seen.rejected, seen.incomplete
    yield Dropped(
        "late",
        late,
        f"{counted(late, 'span')} came after the flow had closed: in no flow.",
        "assembly.quiet_gap and assembly.orphan_wait: longer than your exporters batch",
    )
    yield Dropped(
        "unreadable",
        rejected,
        f"{counted(rejected, 'record')} held no span that can be read.",
        "flowdrift inspect names them and their encoding",
    )
    unfinished = seen.unfinished
    yield Dropped(
        "unfinished",
        unfinished,
        f"{counted(unfinished, 'part')} of traces had not come to an end in time: neither flows nor lost.",
        "assembly.max_age: longer than the streams, sockets or workflows in which they are",
    )
    yield Dropped(
        "incomplete",
        incomplete,
        f"{counted(incomplete, 'flow')} came without some spans: counted as traffic, and nothing else.",
        "let exporters flush before processes end; span_loss says how much is lost",
    )
    yield _ignored(seen.ignored, summaries)
    settled = sum(summary.tallies.evidence_dropped for summary in summaries)
    yield Dropped(
        "settled",
        settled,
        f"{counted(settled, 'flow')} of tests came after their run had settled: traffic, and no evidence.",
        "say that a run is over (flowdrift verdict, flowdrift runs finish) once its spans are out",
    )
    old = sum(summary.tallies.old_names for summary in summaries)
    yield Dropped(
        "old_names",
        old,
        f"{counted(old, 'flow')} came from observers of an older release, which name flows by other rules.",
        "end the upgrade: deploy/upgrading.md",
    )


def _ignored(count: int, summaries: list[Summary]) -> Dropped:
    tallies = summaries[0].ignored if summaries else {}
    most = sorted(tallies.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    names = ", ".join(f"{_operation(name)} ({n:,})" for name, n in most)
    return Dropped(
        "ignored",
        count,
        f"{counted(count, 'request')} were no use of the system{': ' if names else ''}{names}.",
        "flows.ignore: what counts as a probe, a scrape, a scanner",
    )


def _out_of_scope(known: ComparisonRecord) -> Dropped:
    count, weight = known.sums.out_of_scope_flows, known.sums.out_of_scope_weight
    names = ", ".join(
        f"{flow} ({reason}{f', until {until}' if until else ''})"
        for flow, _, reason, until in known.coverage.out_of_scope[:LISTED]
    )
    return Dropped(
        "out_of_scope",
        count,
        f"{counted(count, 'flow')} with {share(weight / (weight + known.sums.reference_weight or 1))} of "
        f"the reference's traffic need{'s' if count == 1 else ''} no test, as somebody decided: {names}.",
        "flows.out_of_scope, where these decisions stand",
    )


def _operation(name: str) -> str:
    """The operation in the name of a tally: environment, kind and operation, with tabs between."""
    return name.rpartition("\t")[2]


def _flows(flows: list[FlowVerdicts]) -> Iterator[Dropped]:
    total = sum(flow.reference_weight for flow in flows)
    unnamed = sum(flow.reference_weight for flow in flows if flow.unrouted)
    groups = sum(bool(flow.unrouted) for flow in flows)
    yield Dropped(
        "unnamed",
        groups,
        f"{share(unnamed / (total or 1))} of the reference's traffic has names with free parts, too many "
        "to be flows (paths without a route, destinations without a template).",
        "http.route on server spans, or flows.templates; messaging.destination.template on consumers",
    )
    over = [flow for flow in flows if flow.flow == OVERFLOW]
    yield Dropped(
        "over_limit",
        len(over),
        f"{share(sum(flow.reference_weight for flow in over) / (total or 1))} of the reference's traffic is "
        "in more flows than are followed: counted as one flow, of which nothing is judged.",
        "flows.templates, where names have free parts, or flows.ignore",
    )
    undecided = {
        (flow.flow, line.outcome)
        for flow in flows
        for line in flow.verdicts
        if line.outcome and line.state is State.INSUFFICIENT
    }
    yield Dropped(
        "unjudged",
        len(undecided),
        f"There is too little evidence on {counted(len(undecided), 'path')} that tests exercise.",
        "more test runs of these flows; each line says how many",
    )
