"""The parts that a process runs, by its roles, and their metrics."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial

import orjson
from msgspec.structs import asdict

from monitor import __version__
from monitor.base.clock import Clock
from monitor.base.permission import Grant
from monitor.drift.hints import Hint
from monitor.drift.records.alert import Alert
from monitor.kafka.auditor.calls import CallReader
from monitor.kafka.auditor.role import AuditorRole
from monitor.kafka.auditor.verdicts import VerdictsRole
from monitor.kafka.client.acls import of_answers, of_own_topics
from monitor.kafka.client.member_id import MemberId
from monitor.kafka.client.progress import ObserverProgress, together
from monitor.kafka.client.topics import Names
from monitor.kafka.client.watch import Watch
from monitor.kafka.observer.partition import Rejected
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.rekey.stage import rekeying
from monitor.kafka.settings import DEFAULT_CLUSTER, KafkaSettings
from monitor.pipeline.timeline.commands import Settings as SettingsCommand
from monitor.pipeline.timeline.telemetry_lost import ALERT as LOST
from monitor.publish.series import fold_readings, product_readings
from monitor.publish.view import View
from monitor.service.hinting import HintReporter
from monitor.service.observers import Observers
from monitor.service.supervised import (
    SupervisedAuditor,
    SupervisedCalls,
    SupervisedCommands,
    SupervisedObserver,
    SupervisedReader,
    SupervisedVerdicts,
    SupervisedWatch,
)
from monitor.service.supervisor import Supervised, Supervisor
from monitor.settings import Settings
from monitor.telemetry.events import ALERT, HINT, RECORD_REJECTED, TELEMETRY_LOST, Reporter
from monitor.telemetry.readings import Reading, Readings


class Role(StrEnum):
    """The roles that a process can have; all of them by default. `rekey` works where its setting is on."""

    REKEY = "rekey"
    OBSERVER = "observer"
    AUDITOR = "auditor"
    API = "api"


ALL_ROLES = frozenset(Role)
REKEY_EVERY_MS = 200
"""How often spans are handed over: they have the observer's interval still before them."""


class Roles:
    """Builds the parts of a process, each under its supervisor, and the readings of their metrics."""

    def __init__(self, settings: Settings, clock: Clock, reporter: Reporter) -> None:
        self._settings, self._clock, self._reporter = settings, clock, reporter
        self._observers = Observers(settings, clock)
        self._reading: dict[str, ObserverRole] = {}
        self._rekeyed: dict[str, ObserverRole] = {}
        self._auditor: AuditorRole | None = None
        self._verdicts: VerdictsRole | None = None
        self.view = View()
        self.commands = SupervisedCommands(settings.kafka.own)
        self.calls = CallReader(settings.kafka.own, clock)

    def supervisors(self, roles: frozenset[Role]) -> list[Supervisor]:
        """One supervisor per cluster and per part of `roles`, in the order in which a flow passes them."""
        parts: list[tuple[str, Role, Callable[[], Supervised]]] = [
            *self._rekeying(),
            *self._observing(beside_auditor=Role.AUDITOR in roles),
            ("auditor", Role.AUDITOR, self._build_auditor),
            ("verdicts", Role.API, self._build_verdicts),
            ("commands", Role.API, lambda: self.commands),
            ("calls", Role.API, lambda: SupervisedCalls(self.calls)),
        ]
        chosen = [(name, build) for name, role, build in parts if role in roles]
        return [
            Supervisor(name, build, self._clock, self._reporter)
            for name, build in (*self._watching(roles), *chosen)
        ]

    def readings(self, roles: frozenset[Role]) -> list[Readings]:
        """The readings of all parts of `roles`, for /metrics."""
        cap = self._settings.limits.flow_series
        parts: list[tuple[Role | None, Readings]] = [
            (None, _build_info),
            (None, self._counted),
            (None, self._observed),
            (Role.AUDITOR, self._audited),
            (Role.API, self._read),
            (Role.API, lambda: product_readings(self.view, cap)),
            (Role.API, lambda: fold_readings(self.view)),
        ]
        return [readings for role, readings in parts if role is None or role in roles]

    def _rekeying(self) -> Iterator[tuple[str, Role, Callable[[], Supervised]]]:
        """Where it is on, one worker per cluster with source topics."""
        for cluster in self._settings.sources if self._settings.kafka.traces.rekey else ():
            yield named_part("rekey", cluster), Role.REKEY, partial(self._build_rekey, cluster)

    def _build_rekey(self, cluster: str) -> Supervised:
        role = self._rekeyed[cluster] = ObserverRole(
            self._settings.sources[cluster],
            self._observers.open_rekeyer,
            self._clock,
            reread_ms=0,
            on_rejected=partial(self._reject, cluster),
            publish_every_ms=REKEY_EVERY_MS,
            cluster=cluster,
            own=self._settings.kafka.own,
            stage=rekeying,
        )
        member = MemberId(self._settings.sources[cluster], Names(self._settings.kafka.prefix).rekey)
        return SupervisedReader(role, member)

    def _observing(self, *, beside_auditor: bool) -> Iterator[tuple[str, Role, Callable[[], Supervised]]]:
        """One observer per cluster, since each cluster has its own consumer group."""
        for cluster in self._settings.observed:
            building = partial(self._build_observer, cluster, beside_auditor)
            yield named_part("observer", cluster), Role.OBSERVER, building

    def _watching(self, roles: frozenset[Role]) -> Iterator[tuple[str, Callable[[], Supervised]]]:
        """A look at every cluster that these roles need."""
        kafka = self._settings.kafka
        own = tuple(of_answers(kafka) if roles == {Role.API} else of_own_topics(kafka))
        home, reader = kafka.internal or DEFAULT_CLUSTER, Role.REKEY if kafka.traces.rekey else Role.OBSERVER
        read = self._settings.sources if reader in roles else {}
        for cluster in dict.fromkeys((home, *read)):
            settings, needed = read.get(cluster, kafka.at(cluster)), own if cluster == home else ()
            yield named_part("kafka", cluster), partial(_build_watch, settings, needed, cluster in read)

    def _build_observer(self, cluster: str, beside_auditor: bool) -> Supervised:
        own = self._settings.kafka.own
        role = self._reading[cluster] = ObserverRole(
            self._settings.observed[cluster],
            self._observers.open,
            self._clock,
            reread_ms=self._observers.reread_ms,
            on_rejected=partial(self._reject, cluster),
            publish_every_ms=self._settings.assembly.publish_every_ms,
            cluster=cluster,
            own=own,
        )
        member = MemberId(self._settings.observed[cluster], Names(own.prefix).observer)
        return SupervisedObserver(role, member, own, self._clock, beside_auditor=beside_auditor)

    def _build_auditor(self) -> Supervised:
        command = SettingsCommand(self._settings.policy)
        standing = {command.subject: orjson.dumps(command.plain())}
        kafka = self._settings.kafka.own
        self._auditor = AuditorRole(kafka, self._clock, standing=standing, on_alert=self._alert)
        return SupervisedAuditor(self._auditor, MemberId(kafka, Names(kafka.prefix).auditor))

    def _build_verdicts(self) -> Supervised:
        names = (comparison.name for comparison in self._settings.comparisons)
        hinting = HintReporter(self.view, names, self._hint)
        self._verdicts = VerdictsRole(self._settings.kafka.own, self.view, self._clock)
        return SupervisedVerdicts(self._verdicts, hinting.run)

    def _hint(self, hint: Hint) -> None:
        self._reporter.report(HINT, **asdict(hint))

    def _alert(self, alert: Alert) -> None:
        """Report an episode when it begins to fire, neither while it is pending nor when it ends."""
        if alert.phase == "firing":
            fields = asdict(alert.labels) | asdict(alert.annotations)
            event = TELEMETRY_LOST if alert.labels.alertname == LOST else ALERT
            self._reporter.report(
                event, severity=alert.severity, episode=alert.episode, onset=alert.onset, **fields
            )

    def _reject(self, cluster: str, rejected: Rejected) -> None:
        self._reporter.report(
            RECORD_REJECTED,
            reason=rejected.code,
            cluster=cluster,
            topic=rejected.topic,
            partition=rejected.partition,
            offset=rejected.offset,
            message=rejected.message,
        )

    def _observed(self) -> Iterator[Reading]:
        observed, rekeyed = (
            together({cluster: role.progress() for cluster, role in roles.items()})
            for roles in (self._reading, self._rekeyed)
        )
        partitions = {**observed.partitions, **rekeyed.partitions}
        yield from self._observers.readings(ObserverProgress(partitions, observed.lost + rekeyed.lost))

    def _audited(self) -> Iterator[Reading]:
        stopped = len(self._auditor.progress().stopped) if self._auditor is not None else 0
        yield Reading("flowdrift_monitor_stopped_partitions", stopped)

    def _read(self) -> Iterator[Reading]:
        unreadable = self._verdicts.unreadable if self._verdicts is not None else 0
        yield Reading("flowdrift_monitor_unreadable_verdicts_total", unreadable)

    def _counted(self) -> Iterator[Reading]:
        return (Reading(metric, n, labels) for (metric, labels), n in self._reporter.counts.items())


def _build_watch(settings: KafkaSettings, own: Iterable[Grant], reads: bool) -> Supervised:
    return SupervisedWatch(Watch(settings, own, reads=reads))


def named_part(part: str, cluster: str) -> str:
    """Name of a part that there is for each cluster."""
    return part if cluster == DEFAULT_CLUSTER else f"{part} {cluster}"


def _build_info() -> Iterator[Reading]:
    yield Reading("flowdrift_build_info", 1, (("version", __version__),))
