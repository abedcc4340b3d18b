"""Plays a scenario on the shop of a seed. What comes before it is played once for all of the seed."""

from collections.abc import Iterator
from functools import lru_cache
from math import ceil
from random import Random
from typing import Any, NamedTuple

from monitor.drift.answer import Answer
from monitor.drift.records.alert import Alert
from monitor.drift.report import Report
from monitor.settings import Settings
from tests.metamorphic.telemetry.capture import BEGIN, PRODUCTION, SECOND, TESTS, Capture
from tests.shop.draw import shop
from tests.shop.model import EDGE, Shop
from tests.shop.monitored import COMPARISON, Monitored
from tests.shop.scenario import Beginning, Injected, Scenario
from tests.shop.traffic import RUN_SECONDS, Runs, Traffic, production, run_id, suite

HISTORY_SECONDS = 4 * 3600
RUN_UNITS = 4
"""Evidence units of one run and path, at most (statistics 1.8)."""
KEPT = 8
"""Beginnings in memory: those of two seeds."""


class Played(NamedTuple):
    """What came of a scenario.

    alerts: each with the run after which it was sent, from 1 on. answers: what CI was told of each run.
    """

    scenario: Scenario
    shop: Shop
    injected: Injected
    report: Report
    alerts: tuple[tuple[int, Alert], ...]
    answers: tuple[Answer, ...]

    @property
    def units_per_run(self) -> int:
        """How many evidence units of the injected path one run brings; of a whole suite one."""
        tested = self.injected.tests or self.shop
        flows = [flow for flow in tested.flows if flow.named_by.word == self.injected.of]
        return min(RUN_UNITS, sum(not case.rejected for flow in flows for case in flow.cases)) or 1

    @property
    def reference(self) -> int:
        """About how many traces of production the injected path has."""
        known = self.scenario.beginning.traces
        whole = sum(flow.weight for flow in self.shop.flows)
        flows = [flow for flow in self.shop.flows if flow.named_by.word == self.injected.of]
        return sum(int(known * f.weight / whole * (1 - f.failing - f.rejected)) for f in flows)

    @property
    def promised_runs(self) -> int | None:
        """After how many runs it must be found, two at least; None where nothing is promised."""
        if self.scenario.promised is None:
            return None
        return max(2, ceil(self.scenario.promised(self.reference) / self.units_per_run))


def settings(sampling: str) -> dict[str, Any]:
    """What a shop of that kind sets: its gateway, bodies, which branches count, how production is sampled."""
    rolling = {"vcs.ref.head.name": ["main"]}
    compared = {"name": COMPARISON, "reference": PRODUCTION, "candidate": TESTS, "rolling": rolling}
    return {
        "flows": {"pass_through": [f"{EDGE} *"]},
        "payloads": {"bodies": True},
        "environments": {PRODUCTION: {"sampling": sampling}, TESTS: {}},
        "comparisons": [compared],
    }


@lru_cache(maxsize=KEPT)
def begun(seed: int, beginning: Beginning) -> Monitored:
    """The monitor after hours of production and quiet runs: to be copied."""
    made, monitored = shop(seed), Monitored(Settings.model_validate(settings(beginning.sampling)))
    traffic = Traffic(BEGIN, HISTORY_SECONDS, beginning.traces, state=beginning.state)
    monitored.receive(production(made, traffic, str(seed)))
    if beginning.runs:
        monitored.receive(*suite(made, Runs(_after(0), beginning.runs), str(seed)))
    monitored.decide()
    return monitored


def _after(runs: int) -> int:
    """When the next run begins after so many."""
    return BEGIN + (HISTORY_SECONDS + 1200 + runs * RUN_SECONDS) * SECOND


def play(scenario: Scenario, seed: int) -> Played:
    """Inject, and run the suite."""
    made = shop(seed)
    injected = scenario.inject(made, Random(f"{scenario.name} {seed}"))
    monitored = begun(seed, scenario.beginning).copy()
    before = monitored.settled
    for side in sides(scenario, made, injected, seed):
        monitored.receive(*side, loses=injected.rewrite is not None)
        before += len(side) if side[0].environment == PRODUCTION else 0
    report = monitored.report()
    alerts = tuple((settled - before + 1, alert) for settled, alert in monitored.alerts)
    return Played(scenario, made, injected, report, alerts, tuple(_answers(monitored, scenario, injected)))


def _answers(monitored: Monitored, scenario: Scenario, injected: Injected) -> Iterator[Answer]:
    known = {key.run: record for key, record in monitored.owner.runs.items()}
    first = scenario.beginning.runs
    for number in range(first, first + scenario.runs + injected.faithful):
        record = known.get(run_id(number))
        if record and COMPARISON in record.verdicts:
            yield record.verdicts[COMPARISON]


def sides(scenario: Scenario, made: Shop, injected: Injected, seed: int) -> Iterator[list[Capture]]:
    """What happens after the beginning: of production, if it is deployed anew, then of the suite."""
    runs = scenario.beginning.runs
    begin = _after(runs)
    if injected.production:
        deployed = injected.production
        traffic = Traffic(begin, deployed.seconds, deployed.traces, deployed.beside)
        yield [production(deployed.shop, traffic, f"new {seed}")]
        begin += (deployed.seconds + 1200) * SECOND
    tests = injected.tests or made
    captures = suite(tests, Runs(begin, scenario.runs, runs, **injected.how), str(seed))
    begin += scenario.runs * RUN_SECONDS * SECOND
    captures += suite(made, Runs(begin, injected.faithful, runs + scenario.runs), str(seed))
    rng = Random(f"rewrite {seed}")
    yield [injected.rewrite(each, rng) for each in captures] if injected.rewrite else captures
