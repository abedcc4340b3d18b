"""Builds the pure fold of each source partition, and gives their metrics at a scrape."""

from collections.abc import Iterator, Mapping
from itertools import chain, count
from weakref import WeakSet, WeakValueDictionary

from monitor.base.clock import Clock
from monitor.flows.record import Source
from monitor.kafka.client.progress import ObserverProgress, named
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import StartingPoint
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.observe.observer import BROKEN_GROUPS, BROKEN_SPANS, ObserverSettings, SourceObserver
from monitor.pipeline.rekey.intake import RekeyedIntake
from monitor.pipeline.rekey.record import Encoder, RekeyedDecoder
from monitor.pipeline.rekey.rekeyer import Rekeyer
from monitor.settings import Settings
from monitor.telemetry.events import Labels
from monitor.telemetry.growth import Counts, Growth
from monitor.telemetry.readings import Reading
from monitor.wire.decode import Decoder
from monitor.wire.tally import DecodedCounts

_SELF = "flowdrift_monitor_"
_TALLIES: Mapping[str, tuple[str, Labels]] = {
    "spans": (f"{_SELF}spans_total", ()),
    "late": (f"{_SELF}late_spans_total", ()),
    "duplicates": (f"{_SELF}duplicate_spans_total", ()),
    "cut": (f"{_SELF}cut_fragments_total", ()),
    "runs_over": (f"{_SELF}limit_hits_total", (("limit", "runs"),)),
    "ignored": (f"{_SELF}ignored_flows_total", ()),
    "log_time_forward": (f"{_SELF}log_time_steps_total", (("direction", "forward"),)),
    "log_time_backward": (f"{_SELF}log_time_steps_total", (("direction", "back"),)),
}
"""Counts of an observer -> the series of metrics that they are exported as."""
_REPEATED: tuple[str, Labels] = (f"{_SELF}repeated_records_total", ())
_ODD_SPANS: Mapping[str, str] = {
    "invalid_ids": "invalid_id",
    "invalid_parents": "invalid_parent",
    "self_parents": "self_parent",
    "negative_durations": "negative_duration",
    "implausible_times": "implausible_time",
    "kindless": "no_kind",
    "nameless": "no_service",
    "unsafe_names": "unsafe_name",
}
"""Counts of the decoder -> the anomaly that they are exported as."""


class Observers:
    """The observers of this process.

    The growth of each observer's counts is added up, so that the counters of the process never fall when a
    partition moves away. What an observer counts between the last scrape and its end is not exported.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._pure = ObserverSettings(assembly=settings.assembly, flows=settings.flows)
        self._decoders: dict[str, Decoder] = {}
        self._encoder, self._rekeyed = Encoder(), RekeyedDecoder()
        self._living: WeakValueDictionary[int, SourceObserver] = WeakValueDictionary()
        self._rekeyers: WeakValueDictionary[int, Rekeyer] = WeakValueDictionary()
        self._intakes: WeakSet[RekeyedIntake] = WeakSet()
        self._numbers = count()
        self._growth = Growth()

    @property
    def reread_ms(self) -> int:
        """How much log time before the committed offset a restart reads again, in ms."""
        return self._pure.reread_ms

    def open(self, source: Source, start: StartingPoint, topic: SourceTopic) -> SourceObserver:
        """Build the observer of one source partition, which begins at `start`."""
        kafka = self._settings.kafka
        observer = SourceObserver(
            source,
            self._decoder(source.cluster),
            self._pure,
            start=start.position,
            targets=kafka.flows.partitions,
            fresh=start.fresh and not kafka.traces.rekey,
            encoding=kafka.traces.encoding,
            environment=self._settings.environment_of(topic.name, source.cluster),
            guarded=not topic.stamped,
            clock=start.clock,
            intake=self._intake(start) if kafka.traces.rekey else None,
        )
        self._living[next(self._numbers)] = observer
        return observer

    def _decoder(self, cluster: str) -> Decoder:
        """The decoder for one cluster, whose partitions are read in turn, each record to its end."""
        if cluster not in self._decoders:
            self._decoders[cluster] = Decoder(self._settings.attribution)
        return self._decoders[cluster]

    def _intake(self, start: StartingPoint) -> RekeyedIntake:
        intake = RekeyedIntake(start.position, self._rekeyed, self.reread_ms, start.clock)
        self._intakes.add(intake)
        return intake

    def open_rekeyer(self, source: Source, start: StartingPoint, topic: SourceTopic) -> Rekeyer:
        """Build the rekey stage's fold of one source partition, which begins at `start`."""
        settings = self._settings
        intake = SourceIntake(
            self._decoder(source.cluster),
            start=start.position,
            encoding=settings.kafka.traces.encoding,
            environment=settings.environment_of(topic.name, source.cluster),
            guarded=not topic.stamped,
            patience_ms=settings.assembly.quiet_gap_ms,
            clock=start.clock,
        )
        rekeyer = Rekeyer(
            source,
            intake,
            self._encoder,
            partitions=topic.partitions,
            targets=settings.kafka.flows.partitions,
            fresh=start.fresh,
            cut_ms=settings.assembly.max_age_ms,
        )
        self._rekeyers[next(self._numbers)] = rekeyer
        return rekeyer

    def readings(self, progress: ObserverProgress) -> Iterator[Reading]:
        """Counters of all observers, and gauges of those whose partitions are being read."""
        observed = ((number, _tallies(observer)) for number, observer in self._living.items())
        rekeyed = ((number, _steps(rekeyer.tallies)) for number, rekeyer in self._rekeyers.items())
        passed = ((id(intake), {_REPEATED: intake.repeated}) for intake in self._intakes)
        decoded = ((f"decoder of {each}", _odd_spans(one.tally)) for each, one in self._decoders.items())
        self._growth.look(chain(observed, rekeyed, passed, _reading(progress), decoded))
        yield from self._growth.readings()
        yield from self._standing(progress)

    def _standing(self, progress: ObserverProgress) -> Iterator[Reading]:
        living: list[SourceObserver | Rekeyer] = [*self._living.values(), *self._rekeyers.values()]
        newest = {_name(one.source): one for one in living}
        ours = {name: newest[name] for name in progress.partitions if name in newest}
        parts = progress.partitions.values()
        observers = [one for one in ours.values() if isinstance(one, SourceObserver)]
        yield Reading(f"{_SELF}open_fragments", sum(o.open_fragments for o in observers))
        yield Reading(f"{_SELF}lag_records", sum(p.end - p.committed for p in parts if p.end is not None))
        yield Reading(f"{_SELF}held_back_partitions", sum(bool(part.held_back) for part in parts))
        behind = [o for name, o in ours.items() if (progress.partitions[name].end or 0) > o.position]
        yield Reading(f"{_SELF}lag_seconds", max(map(self._age_seconds, behind), default=0.0))
        yield Reading(f"{_SELF}low_offset_lag_seconds", max(map(_held_seconds, observers), default=0.0))
        silent = {name for intake in self._intakes for name in intake.clock.silent}
        yield Reading(f"{_SELF}silent_rekeyed_sources", len(silent))

    def _age_seconds(self, observer: SourceObserver | Rekeyer) -> float:
        """The age of the records that are being read; 0 before the first."""
        log_time = observer.log_time
        return 0.0 if log_time is None else max(0.0, self._clock.now() - log_time / 1000)


def _name(source: Source) -> str:
    return named(source.cluster, f"{source.topic}/{source.partition}")


def _held_seconds(observer: SourceObserver) -> float:
    """How far the oldest open fragment lies behind log time."""
    oldest, log_time = observer.oldest, observer.log_time
    return 0.0 if oldest is None or log_time is None else max(0.0, (log_time - oldest) / 1000)


def _steps(tallies: Mapping[str, int]) -> Counts:
    return {_TALLIES[name]: tallies[name] for name in ("log_time_forward", "log_time_backward")}


def _tallies(observer: SourceObserver) -> Counts:
    tallies = observer.tallies
    anomalies = observer.anomalies
    broken = {_anomaly("spans", name): anomalies[name] for name in BROKEN_SPANS}
    broken |= {_anomaly("groups", name): anomalies[name] for name in BROKEN_GROUPS}
    return {series: tallies[name] for name, series in _TALLIES.items()} | broken


def _odd_spans(tally: DecodedCounts) -> Counts:
    return {_anomaly("spans", name): getattr(tally, count) for count, name in _ODD_SPANS.items()}


def _anomaly(of: str, name: str) -> tuple[str, Labels]:
    return (f"{_SELF}broken_{of}_total", (("anomaly", name),))


def _reading(progress: ObserverProgress) -> Iterator[tuple[str, Counts]]:
    for name, part in progress.partitions.items():
        yield name, {(f"{_SELF}records_total", ()): part.records, (f"{_SELF}bytes_total", ()): part.bytes}
    yield "lost", {(f"{_SELF}records_lost_total", ()): progress.lost}
