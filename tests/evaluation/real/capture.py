"""Captured traces as the sides of a comparison: a reference is observed once, and many are judged by it."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from monitor.captured import MOST_SPANS, read
from monitor.drift.policy import Comparison, Policy
from monitor.drift.report import Report, build_report
from monitor.fingerprints.units import UnitKind
from monitor.flows.codec import decode, encode
from monitor.pipeline import offline
from monitor.pipeline.observe.observer import ObserverSettings
from monitor.replay import COMPARISON
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from monitor.wire.span import Span

REFERENCE, CANDIDATE = "production", "tests"


class Trace(NamedTuple):
    """The spans of one trace; when the first of them began, in ns since 1970."""

    id: bytes
    began: int
    spans: list[Span]


def traces_of(file: Path, environment: str) -> list[Trace]:
    """The traces in a file as those of an environment, by their starts."""
    attribution = Settings().attribution.model_copy(update={"environments": {}, "references": ()})
    reading = read(file, Decoder(attribution, MOST_SPANS), environment, lambda *_: None)
    spans: dict[bytes, list[Span]] = {}
    for span in reading.spans:
        spans.setdefault(span.trace_id, []).append(span)
    traces = [Trace(name, min(span.start for span in each), each) for name, each in spans.items()]
    return sorted(traces, key=lambda trace: (trace.began, trace.id))


class Known:
    """A reference against which candidates are judged."""

    def __init__(
        self, traces: Sequence[Trace], unit: UnitKind = "trace", pass_through: Sequence[str] = ()
    ) -> None:
        one = Comparison(name=COMPARISON, reference=REFERENCE, candidate=CANDIDATE)
        self._settings = Settings.model_validate({"flows": {"pass_through": pass_through}})
        self._policy: Policy = self._settings.policy.model_copy(
            update={
                "comparisons": (one,),
                "unit": unit,
                "page": 1e6,
                "warn": 1e3,
                "sampling": {REFERENCE: "none"},
            }
        )
        flows, silence = self._observed(REFERENCE, traces)
        self._flows, self._silence = list(flows), list(silence)

    def _observed(self, role: str, traces: Sequence[Trace]) -> offline.Observed:
        settings = ObserverSettings(assembly=self._settings.assembly, flows=self._settings.flows)
        spans = [span for trace in traces for span in trace.spans]
        return offline.observed(role, offline.log_of(spans), settings, self._policy)

    def report(self, candidate: Sequence[Trace], without: Collection[bytes] = ()) -> Report:
        """The report on these traces; without: ids of traces that the reference is not to know."""
        sides = (
            offline.Observed(_without(self._flows, without), self._silence),
            self._observed(CANDIDATE, candidate),
        )
        return build_report(offline.judged(sides, self._policy, lambda _: None), COMPARISON)


def _without(flows: Sequence[offline.Sent], traces: Collection[bytes]) -> Iterator[offline.Sent]:
    for sent in flows:
        if traces:
            record = decode(sent.value)
            left = tuple([flow for flow in record.flows if flow.trace_id not in traces])
            sent = sent._replace(value=encode(record._replace(flows=left)))
        yield sent
