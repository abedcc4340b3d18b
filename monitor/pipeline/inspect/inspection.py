"""A fold of sampled records into what they show, for `flowdrift inspect`; no I/O, no clock.

Records may come in any order and from any place of the log: traces are cut at the edges of a sample, so
that entries are read from traces with a root only. Memory is bounded: beyond `MOST_SPANS` spans nothing is
assembled, beyond `MOST_TRACES` traces no new one is followed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median_low
from typing import NamedTuple

from monitor.base.units import UNIT_WEIGHT, LogTime
from monitor.fingerprints.digest import digest_of
from monitor.flows.flow import Flaw, Flow, FlowId, Operation
from monitor.flows.identity import FlowSettings, flow_id
from monitor.flows.read import Reader
from monitor.pipeline.audit.flow_hints import fans_out, servers_below
from monitor.pipeline.inspect.identities import NAMED, RunsSeen, Witness
from monitor.pipeline.inspect.inspected import (
    EntrySeen,
    EnvironmentSeen,
    Inspected,
    Lacking,
    ServiceClock,
    Sizes,
    SplitSeen,
    TopicSeen,
)
from monitor.pipeline.inspect.sniffing import WRONG_SIGNAL, Sniffer
from monitor.pipeline.observe.records import environment_in, foreign_signal
from monitor.traces.assembler import Assembler
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings
from monitor.wire.attribution import TEST_ENVIRONMENT, AttributionSettings
from monitor.wire.semconv import ENVIRONMENT
from monitor.wire.span import UNKNOWN, Facts, Span

MOST_SPANS = 200_000
MOST_TRACES = 200_000
AHEAD_MS = 5 * 60_000
"""A record so far ahead of our clock does not count for log time at once (delivery, observer 1)."""
SPAN_AHEAD_MS, SPAN_BEHIND_MS = 60_000, 600_000
"""A span that ends so long after its record was written, or before: a clock is wrong, or a unit."""
LEAST_SHARE = 0.05
"""Share of an environment's entries from which one that is passed through is named."""
_NAMESPACE = "k8s.namespace.name"
_MS = 1_000_000


class SampledRecord(NamedTuple):
    """One record of a source topic; timestamp in ms. refused: why it cannot be read; '' where it can."""

    topic: str
    partition: int
    timestamp: int
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None
    refused: str = ""


@dataclass(slots=True)
class _Environment:
    spans: int = 0
    runs: int = 0
    cases: int = 0
    stated: int = 0
    probabilities: Counter[str] = field(default_factory=Counter)
    traces: dict[bytes, None] = field(default_factory=dict)
    namespaces: Counter[str] = field(default_factory=Counter)


class Sample:
    """The fold: `add` each record, then `seen` once.

    encoding: the configured one. topic_environment: the environment to which a topic belongs as a whole, if
    any. now_ms: when the sample is taken.
    """

    def __init__(
        self,
        attribution: AttributionSettings,
        flows: FlowSettings,
        encoding: str,
        topic_environment: Callable[[str], str | None],
        now_ms: int,
    ) -> None:
        self._witness, self._runs = Witness(attribution), RunsSeen()
        self._sniffer = Sniffer(attribution, encoding, self._witness)
        self._matched = frozenset(attribution.environments)
        self._topic_environment, self._now_ms = topic_environment, now_ms
        self._reader, self._assembler = Reader(flows), Assembler(AssemblySettings())
        self._fragments: list[Fragment] = []
        self._sizes: list[int] = []
        self._encodings: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._keys: Counter[str] = Counter()
        self._environments: dict[tuple[str, str], _Environment] = {}
        self._places: dict[tuple[str, bytes], int] = {}
        self._split: dict[tuple[str, bytes], int] = {}
        self._clocks: dict[str, tuple[int, int]] = {}
        self.spans = 0
        self.records_ahead = 0

    @property
    def records(self) -> int:
        """Records added."""
        return len(self._sizes)

    def add(self, record: SampledRecord) -> None:
        """Take one record."""
        self._sizes.append(len(record.value or b""))
        self.records_ahead += record.timestamp > self._now_ms + AHEAD_MS
        headers = dict(record.headers)
        if record.value is None or record.refused or foreign_signal(headers):
            without = "tombstone" if record.value is None else WRONG_SIGNAL
            self._rejected[record.refused or without] += 1
            return
        of_topic, of_header = self._topic_environment(record.topic), environment_in(headers)
        sniffed = self._sniffer.sniff(record.value, of_topic or of_header)
        if not sniffed.encoding:
            self._rejected[sniffed.code] += 1
            return
        self._encodings[sniffed.encoding] += 1
        self._keys[_kind_of(record.key, sniffed.spans)] += 1
        stated = "topic" if of_topic else "header" if of_header else ""
        self._take(record, sniffed.spans, stated)

    def _take(self, record: SampledRecord, spans: list[Span], stated: str) -> None:
        if self.spans <= MOST_SPANS:
            self._fragments += filter(None, self._assembler.add(spans, self.records, 0, LogTime(0)))
        self.spans += len(spans)
        for span in spans:
            self._attribute(span, stated)
            self._runs.take(span.facts, record.timestamp)
            self._clock(span, record.timestamp)
            self._place(record, span.trace_id)

    def _attribute(self, span: Span, stated: str) -> None:
        facts = span.facts
        key = (facts.environment, stated or self._rule(facts))
        seen = self._environments.get(key)
        if seen is None:
            seen = self._environments[key] = _Environment()
        seen.spans += 1
        seen.runs += facts.run != ""
        seen.cases += facts.case != ""
        seen.stated += facts.weighted
        if facts.weighted:
            seen.probabilities[f"{UNIT_WEIGHT / facts.weight:.3g}"] += 1
        if namespace := facts.resource.get(_NAMESPACE):
            seen.namespaces[namespace] += 1
        if len(seen.traces) < MOST_TRACES:
            seen.traces[span.trace_id] = None

    def _rule(self, facts: Facts) -> str:
        """Which rule of `wire.attribution` gave the environment, from what the facts still hold."""
        if facts.environment == UNKNOWN:
            return "none"
        if ENVIRONMENT in facts.resource:
            return ENVIRONMENT
        if facts.environment in self._matched:
            return "match"
        return "test mark" if facts.environment == TEST_ENVIRONMENT else ENVIRONMENT

    def _clock(self, span: Span, timestamp: int) -> None:
        ahead = (span.start + span.duration) // _MS - timestamp
        if ahead > SPAN_AHEAD_MS or -ahead > SPAN_BEHIND_MS:
            before, behind = self._clocks.get(span.facts.service, (0, 0))
            self._clocks[span.facts.service] = (max(before, ahead), max(behind, -ahead))

    def _place(self, record: SampledRecord, trace_id: bytes) -> None:
        key = (record.topic, trace_id)
        first = self._places.get(key)
        if first is None:
            if len(self._places) < MOST_TRACES:
                self._places[key] = record.partition
        elif first != record.partition:
            self._split.setdefault(key, record.partition)

    def seen(self, topics: Iterable[TopicSeen], lacking: Iterable[Lacking]) -> Inspected:
        """What all records together show; `topics` and `lacking` are what the broker said."""
        return Inspected(
            topics=tuple(topics),
            records=self.records,
            spans=self.spans,
            sizes=Sizes(median=median_low(self._sizes or [0]), largest=max(self._sizes, default=0)),
            encodings=_sorted(self._encodings),
            rejected=_sorted(self._rejected),
            keys=_sorted(self._keys),
            environments=tuple(_environment(*each) for each in sorted(self._environments.items(), key=_most)),
            values=tuple(self._witness.values()),
            runs=tuple(self._runs.lasts(self._witness)),
            split=self._split_seen(),
            entries=tuple(self._entries()),
            records_ahead=self.records_ahead,
            clocks=tuple(
                ServiceClock(service=service, ahead=ahead // 1000, behind=behind // 1000)
                for service, (ahead, behind) in sorted(self._clocks.items())
            ),
            lacking=tuple(lacking),
        )

    def _split_seen(self) -> SplitSeen:
        example = ""
        if self._split:
            (topic, trace_id), second = min(self._split.items())
            places = sorted((self._places[topic, trace_id], second))
            example = f"{trace_id.hex()} on " + " and ".join(f"{topic}/{place}" for place in places)
        return SplitSeen(traces=len(self._places), split=len(self._split), example=example)

    def _entries(self) -> Iterator[EntrySeen]:
        """Entries of traces with a root that look like a gateway, or are passed through already."""
        fragments = [*self._fragments, *filter(None, self._assembler.close_all())]
        flows = [flow for each in fragments if not each.missing for flow in self._reader.read(each)[:1]]
        totals = Counter(flow.environment for flow in flows)
        for (environment, entry), those in sorted(_by_entry(flows).items()):
            share = len(those) / totals[environment]
            passed = any(flow.id != entry for flow in those)
            if (passed and share >= LEAST_SHARE) or (share >= 0.5 and _fans_out(entry, those)):
                yield EntrySeen(entry=str(entry), environment=environment, share=share, passed=passed)


def _by_entry(flows: Iterable[Flow]) -> dict[tuple[str, FlowId], list[Flow]]:
    entries: dict[tuple[str, FlowId], list[Flow]] = {}
    for flow in flows:
        if flow.flaws == Flaw.NONE:
            entries.setdefault((flow.environment, flow_id(flow.shape[0].operation)), []).append(flow)
    return entries


def _fans_out(entry: FlowId, flows: list[Flow]) -> bool:
    counts: Counter[Operation] = Counter()
    for flow in flows:
        counts.update(digest_of(flow.shape).variant.operations)
    return fans_out(len(flows), {server: counts[server] for server in servers_below(entry, counts)})


def _kind_of(key: bytes | None, spans: Iterable[Span]) -> str:
    """What a record's key is: the Collector's is none, or the lower-case hex trace id of all its spans."""
    if key is None:
        return "none"
    return "trace id" if {span.trace_id.hex().encode() for span in spans} == {key} else "other"


def _environment(key: tuple[str, str], seen: _Environment) -> EnvironmentSeen:
    return EnvironmentSeen(
        name=key[0],
        rule=key[1],
        spans=seen.spans,
        traces=len(seen.traces),
        runs=seen.runs / seen.spans,
        cases=seen.cases / seen.spans,
        sampled=seen.stated / seen.spans,
        probabilities=_sorted(seen.probabilities),
        namespaces=tuple(_sorted(seen.namespaces))[:NAMED],
    )


def _most(item: tuple[tuple[str, str], _Environment]) -> tuple[int, tuple[str, str]]:
    return (-item[1].spans, item[0])


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first, ties by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
