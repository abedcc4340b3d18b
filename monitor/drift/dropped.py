"""What the program itself dropped, or could not judge: no sentence of the report claims anything about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.dimensions.words import counted, share
from monitor.drift.verdict import State

LISTED = 5
"""Names that one line lists at most."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """One kind of it: how many of what, as a sentence, and what to set or mend."""

    kind: str
    count: int
    says: str
    remedy: str


def dropped(records: Mapping[str, Mapping[str, Any]], comparison: str) -> Iterator[Dropped]:
    """Everything that is left out of what the report on `comparison` claims; nothing where it is 0."""
    owned = records[f"comparison/{comparison}"]
    prefix = f"flow/{comparison}/"
    flows = [records[key] for key in sorted(records) if key.startswith(prefix)]
    summaries = [records[key] for key in sorted(records) if key.startswith("summary/")]
    lines = (*_read(owned["input"], summaries), _out_of_scope(owned), *_flows(flows))
    yield from (line for line in lines if line.count)


def _read(seen: Mapping[str, int], summaries: list[Mapping[str, Any]]) -> Iterator[Dropped]:
    late, rejected, incomplete = seen["late"], seen["rejected"], seen["incomplete"]
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
    unfinished = seen.get("unfinished", 0)
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
    yield _ignored(seen.get("ignored", 0), summaries)
    old = sum(summary.get("tallies", {}).get("old_names", 0) for summary in summaries)
    yield Dropped(
        "old_names",
        old,
        f"{counted(old, 'flow')} came from observers of an older release, which name flows by other rules.",
        "end the upgrade: deploy/upgrading.md",
    )


def _ignored(count: int, summaries: list[Mapping[str, Any]]) -> Dropped:
    tallies = summaries[0].get("ignored", {}) if summaries else {}
    most = sorted(tallies.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    names = ", ".join(f"{_operation(name)} ({n:,})" for name, n in most)
    return Dropped(
        "ignored",
        count,
        f"{counted(count, 'request')} were no use of the system{': ' if names else ''}{names}.",
        "flows.ignore: what counts as a probe, a scrape, a scanner",
    )


def _out_of_scope(owned: Mapping[str, Any]) -> Dropped:
    sums = owned.get("sums", {})
    count, weight = sums.get("out_of_scope_flows", 0), sums.get("out_of_scope_weight", 0)
    listed = owned.get("coverage", {}).get("out_of_scope", ())
    names = ", ".join(
        f"{flow} ({reason}{f', until {until}' if until else ''})"
        for flow, _, reason, until in listed[:LISTED]
    )
    return Dropped(
        "out_of_scope",
        count,
        f"{counted(count, 'flow')} with {share(weight / (weight + sums.get('reference_weight', 0) or 1))} of "
        f"the reference's traffic need{'s' if count == 1 else ''} no test, as somebody decided: {names}.",
        "flows.out_of_scope, where these decisions stand",
    )


def _operation(name: str) -> str:
    """The operation in the name of a tally: environment, kind and operation, with tabs between."""
    return name.rpartition("\t")[2]


def _flows(flows: list[Mapping[str, Any]]) -> Iterator[Dropped]:
    total = sum(flow["reference_weight"] for flow in flows)
    unnamed = sum(flow["reference_weight"] for flow in flows if flow.get("unrouted"))
    groups = sum(bool(flow.get("unrouted")) for flow in flows)
    yield Dropped(
        "unnamed",
        groups,
        f"{share(unnamed / (total or 1))} of the reference's traffic names no route, and has too "
        "many paths to be flows.",
        "http.route on server spans, or flows.templates",
    )
    undecided = {
        (flow["flow"], line["outcome"])
        for flow in flows
        for line in flow["verdicts"]
        if line["outcome"] and line["state"] == State.INSUFFICIENT
    }
    yield Dropped(
        "unjudged",
        len(undecided),
        f"There is too little evidence on {counted(len(undecided), 'path')} that tests exercise.",
        "more test runs of these flows; each line says how many",
    )
