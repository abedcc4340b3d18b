"""Scenarios told in spans, from the wire to the report: what `flowdrift replay` does with two captures.

    production([[Hop("shop", "POST /orders"), Hop("shop", "POST", Kind.CLIENT)]])

A trace is a list of hops, each below the one before it. Traces of production are a second apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from monitor.drift.report import Report
from monitor.replay import capture, compare
from monitor.settings import load
from monitor.wire.span import Kind
from tests.factories import EPOCH, span_id, trace_id
from tests.otlp_json import line
from tests.unit.wire.requests import Values, sent

SECOND = 1_000_000_000
RUN_SECONDS = 600
"""Between the beginnings of two runs: the first has ended by itself."""


class Hop(NamedTuple):
    """One span: whose it is, what it is called, and what its attributes say."""

    service: str
    name: str
    kind: Kind = Kind.SERVER
    attributes: Values = MappingProxyType({})


def trace(hops: Sequence[Hop], number: int, at: int, of: Mapping[str, str], state: str = "") -> list[str]:
    """Lines of OTLP/JSON: one request per span, each span the child of the one before it.

    at: ns after the beginning. state: the trace state.
    """
    lines = []
    for depth, hop in enumerate(hops):
        span = sent(
            trace_id=trace_id(number),
            span_id=span_id(1000 * number + depth + 1),
            parent_id=span_id(1000 * number + depth) if depth else b"",
            name=hop.name,
            kind=hop.kind,
            start=EPOCH + at + depth * 1_000_000,
            end=EPOCH + at + (20 - depth) * 1_000_000,
            attributes=dict(hop.attributes),
            trace_state=state,
        )
        lines.append(line(span, {"service.name": hop.service, **of}))
    return lines


def production(flows: Sequence[Sequence[Hop]], traces: int = 1500) -> Iterable[str]:
    """So many traces, dealt to the flows in turn."""
    for number in range(1, traces + 1):
        yield from trace(flows[number % len(flows)], number, number * SECOND, {})


def runs_of(flows: Sequence[Sequence[Hop]], runs: int = 8, cases: int = 4) -> Iterable[str]:
    """Runs of so many cases, each of which exercises every flow once."""
    number = 1_000_000
    for run in range(runs):
        for case in range(cases):
            for hops in flows:
                number += 1
                at = (run * RUN_SECONDS + case * 5) * SECOND
                of = {"cicd.pipeline.run.id": f"ci-{run}", "test.case.name": f"case {case}"}
                yield from trace(hops, number, at, of)


def replayed(
    directory: Path,
    reference: Iterable[str],
    candidate: Iterable[str],
    settings: Mapping[str, Any] = MappingProxyType({}),
    named: str = "reference",
) -> Report:
    """The report on both captures with these settings; `named`: what the caller calls the reference."""
    files = {"reference": reference, "candidate": candidate}
    for role, lines in files.items():
        (directory / role).write_text("\n".join(lines), encoding="utf-8")
    config = directory / "flowdrift.yaml"
    config.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
    names = {"reference": named, "candidate": "candidate"}
    sides = [capture(role, [f"{names[role]}={directory / role}"]) for role in files]
    return compare(sides[0], sides[1], load(config, offline=True), lambda *_: None, lambda _: None)


def structure(report: Report) -> set[tuple[str, str]]:
    """State and subject of every line about structure."""
    return {(line.state.value, line.subject) for line in report.verdicts if line.dimension == "structure"}
