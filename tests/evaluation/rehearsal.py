"""The demo played fast: its traffic, its story and the real folds, in seconds of a manual clock.

What Kafka does between them is nothing but order: every second, both sources hand over what came, one auditor
partition folds it, and the owner decides. A run ends as the demo ends it, by a command.
"""

from collections.abc import Iterable
from itertools import chain
from random import Random
from typing import Any

import orjson

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.demo.actors import (
    HISTORY_BATCH_NS,
    HISTORY_NS,
    HISTORY_TRACES_PER_SECOND,
    LIVE_BATCH_NS,
    LIVE_TRACES_PER_SECOND,
    RUN_NS,
    TAIL_NS,
)
from monitor.demo.collector import Collector
from monitor.demo.demo import demo_settings
from monitor.demo.layout import Change
from monitor.demo.news import News
from monitor.demo.script import ACTS, DRIFTING_RUN, FAITHFUL_RUN, Performance
from monitor.demo.stage import PRODUCTION_TOPIC, TESTS_TOPIC
from monitor.demo.traffic import PRODUCTION, SECOND_NS, TESTS, Trace, production_traffic, suite_traffic
from monitor.drift.records.alert import Alert
from monitor.drift.report import Report
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord, Source
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.timeline.commands import Command, Finish
from monitor.pipeline.timeline.commands import Settings as Standing
from monitor.publish.view import View
from monitor.wire.decode import Decoder
from tests.evaluation.tables import Table

EPOCH_NS = 1_700_000_000 * SECOND_NS
NS_PER_MS = 1_000_000
BETWEEN_RUNS_SECONDS = RUN_NS // SECOND_NS + 1


def add(collector: Collector, traffic: Iterable[tuple[int, Trace]]) -> None:
    """Hand all traces of `traffic` to `collector`."""
    for _, trace in traffic:
        collector.add(trace)


SECONDS = 300
"""Of one performance."""


class Rehearsal:
    """One performance with the dice of `seed`."""

    def __init__(self, seed: int) -> None:
        self._settings = demo_settings("127.0.0.1:9092", 1)
        self._comparison = self._settings.comparisons[0].name
        self._customers, self._suite = Random(f"customers/{seed}"), Random(f"suite/{seed}")
        self._changes: set[Change] = set()
        self._sources = {topic: self._observer(topic) for topic in (PRODUCTION_TOPIC, TESTS_TOPIC)}
        self._auditor, self._owner = PartitionAuditor(0, 1, 1, {}), Owner(1)
        self._offset = self._commands = 0
        self._view = View()
        self._news = News()
        self.performance = Performance()
        self.alerts: list[Alert] = []
        self._command(Standing(self._settings.policy))

    def play(self, seconds: int) -> None:
        """An hour of history, then so many seconds of shop, suite and story."""
        self._history()
        shop, suite = Collector(PRODUCTION, LIVE_BATCH_NS), Collector(TESTS, LIVE_BATCH_NS)
        run = 0
        for second in range(seconds):
            now = EPOCH_NS + second * SECOND_NS
            if second % BETWEEN_RUNS_SECONDS == 0:
                self._finish(run, now)
                run += 1
                self._changes.update(act.change for act in self.performance.begin(run, second))
                add(suite, suite_traffic(now, now + RUN_NS, f"build-{run}", self._suite, self._changes))
            until = now + SECOND_NS
            add(shop, production_traffic(now, until, LIVE_TRACES_PER_SECOND, self._customers, self._changes))
            self._send(PRODUCTION_TOPIC, shop, now)
            self._send(TESTS_TOPIC, suite, now)
            self._turn(now)
            self.performance.receive(self._news.read(self.report().plain()), run, second)

    def _history(self) -> None:
        collector, end = Collector(PRODUCTION, HISTORY_BATCH_NS), EPOCH_NS - HISTORY_BATCH_NS - TAIL_NS
        rate = HISTORY_TRACES_PER_SECOND
        add(collector, production_traffic(end - HISTORY_NS, end, rate, self._customers, ()))
        self._send(PRODUCTION_TOPIC, collector, EPOCH_NS)
        self._turn(EPOCH_NS)

    def _finish(self, run: int, now_ns: int) -> None:
        if run:
            self._command(Finish("", f"build-{run}", LogTime(now_ns // NS_PER_MS)))

    def verdict(self, run: str) -> str:
        """The state of the gate on `run`: pass, drift or insufficient."""
        known = self._view.run(RunKey(TESTS, run))
        return known.verdicts[self._comparison].state if known else "open"

    def report(self) -> Report:
        """What GET /api/v1/report shows now."""
        return self._view.report(self._comparison)

    def _observer(self, topic: str) -> SourceObserver:
        settings = self._settings
        return SourceObserver(
            Source("main", topic, "1", 0),
            Decoder(settings.attribution),
            ObserverSettings(assembly=settings.assembly, flows=settings.flows),
            start=0,
            targets=1,
            fresh=False,
            encoding="otlp_proto",
        )

    def _send(self, topic: str, collector: Collector, now_ns: int) -> None:
        source, empty = self._sources[topic], True
        for batch in collector.due(now_ns):
            source.fold(SourceRecord(source.position, batch.at_ns // NS_PER_MS, batch.value))
            empty = False
        if empty:
            source.idle(1_000)

    def _turn(self, now_ns: int) -> None:
        """Everybody hands over what is due."""
        outgoing = [source.outgoing(True, 1, heartbeat=True) for source in self._sources.values()]
        for each in chain.from_iterable(outgoing):
            self._append(now_ns // NS_PER_MS, each.value)
        for source in self._sources.values():
            source.acknowledged(0)
        for key, value in self._auditor.changed().items():
            self._view.receive(key, value)
            self._owner.receive(key, value)
        decisions = self._owner.decide()
        for key, value in decisions.records.items():
            self._view.receive(key, value)
        for _, command in decisions.commands:
            self._forward(orjson.loads(command), now_ns // NS_PER_MS)

    def _command(self, command: Command) -> None:
        self._forward(command.plain(), EPOCH_NS // NS_PER_MS)

    def _forward(self, plain: dict[str, Any], stamp_ms: int) -> None:
        self._owner.receive_command(self._commands, orjson.dumps(plain))
        self._append(stamp_ms, encode(FlowRecord(None, command={**plain, "number": self._commands})))
        self._commands += 1

    def _append(self, stamp_ms: int, value: bytes) -> None:
        self.alerts += self._auditor.apply(self._offset, stamp_ms, value)
        self._offset += 1


def unrehearsed(rehearsal: Rehearsal) -> list[str]:
    """What a performance shows that the script does not announce, and what it fails to show."""
    performance = rehearsal.performance
    wrong = [*performance.unannounced]
    if not performance.complete:
        wrong += performance.summary()
    flows = {act.flow for act in ACTS}
    wrong += [str(alert.labels) for alert in rehearsal.alerts if alert.flow not in flows]
    gates = {FAITHFUL_RUN: "pass", DRIFTING_RUN: "drift"}
    return wrong + [
        f"{run}: {rehearsal.verdict(run)}" for run, state in gates.items() if rehearsal.verdict(run) != state
    ]


def rehearsals(performances: int) -> Table:
    """Performances of the demo with dice of their own: none may show what it does not announce."""
    rows = []
    for seed in range(performances):
        rehearsal = Rehearsal(seed)
        rehearsal.play(SECONDS)
        wrong = unrehearsed(rehearsal)
        rows.append((str(seed), str(len(wrong)), "; ".join(wrong)))
    return Table(f"The demo, {performances} times {SECONDS} s", ("seed", "wrong", "what"), rows)
