"""What a dimension's test file supplies: a scenario in which it finds a drift, and the quiet twin."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from monitor.base.units import LogTime, Weight
from monitor.drift.policy import Policy
from monitor.flows.flow import Flow
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests import dimensions
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log

UNSAMPLED = POLICY.model_copy(update={"sampling": {"production": "none"}})
Make = Callable[[int], Flow]
"""The flow of the trace with this number; scenarios vary it as they like, but for where it belongs."""


class Scenario(NamedTuple):
    """production, faithful, drifting: flows by number. runs: test runs of four cases each.

    subject: of the finding.
    """

    production: Make
    faithful: Make
    drifting: Make
    subject: str
    runs: int = 6


def scenarios() -> Mapping[str, Scenario]:
    """The scenario of every test file of this room, by the name of its dimension."""
    names = [module.name for module in pkgutil.iter_modules(dimensions.__path__)]
    modules = {name: importlib.import_module(f"tests.dimensions.{name}") for name in names if "test_" in name}
    return {
        name.removeprefix("test_"): module.SCENARIO
        for name, module in modules.items()
        if hasattr(module, "SCENARIO")
    }


def log_of(
    scenario: Scenario,
    *,
    drifting: bool,
    traces: int = 2_000,
    weight: int = 1024,
    runs: int | None = None,
    before: int = 0,
    policy: Policy = UNSAMPLED,
) -> Log:
    """Hours of production, then test runs; `weight`: of each production trace, in 1/1024.

    before: number of runs that come first and are faithful.
    """
    log = Log(policy)
    hours = 8 * 60 * MINUTE
    rows = [
        scenario.production(n)._replace(
            offset=n, environment="production", began=LogTime(n * hours // traces), weight=Weight(weight)
        )
        for n in range(traces)
    ]
    log.append(header(PRODUCTION, log_time=hours, low_times={"production": 0}), *rows)
    out = {"production": hours}
    log.append(header(PRODUCTION, low=traces, log_time=hours, at_end=True, low_times=out))
    for number in range(before + (scenario.runs if runs is None else runs)):
        make = scenario.drifting if drifting and number >= before else scenario.faithful
        _run(log, number, hours + (10 + 10 * number) * MINUTE, make)
    return log


def _run(log: Log, number: int, begin: int, make: Make) -> None:
    name = f"ci-{number}"
    rows = [
        make(4 * number + case)._replace(
            offset=4 * number + case,
            environment="integration",
            suite="nightly",
            run=name,
            case=f"case {case}",
            began=LogTime(begin),
        )
        for case in range(4)
    ]
    runs = {("integration", name): (begin, begin)}
    here, low = {"integration": begin}, 4 * number
    log.append(header(TESTS, low=low, log_time=begin, low_times=here, runs=runs), *rows)
    later = begin + 9 * MINUTE
    log.append(header(TESTS, low=low + 4, log_time=later, low_times={"integration": later}))


def lines(auditor: PartitionAuditor, dimension: str) -> list[dict[str, Any]]:
    """The lines of a dimension that the partition publishes."""
    records = (orjson.loads(v) for k, v in auditor.all_records().items() if k.startswith("flow/"))
    return [line for record in records for line in record["verdicts"] if line["dimension"] == dimension]


def found(lines: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """State and subject of each line."""
    return {(line["state"], line["subject"]) for line in lines}


def calling(*calls: str, times: tuple[int, ...] = ()) -> Make:
    """Flows of the usual entry that make these calls; times: bins of self time of every span."""

    def make(number: int) -> Flow:
        flow = row(number, calls=calls)
        bins = times or (80,) * len(flow.shape)
        return flow._replace(self_times=tuple(each + number % 4 for each in bins))

    return make
