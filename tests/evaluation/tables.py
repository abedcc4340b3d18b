"""The tables of the statistics, measured: each a title, column names and rows of text."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from monitor.stats.huber import reference_error
from tests.evaluation import claims
from tests.evaluation.delays import (
    Make,
    daily_cycle,
    mix,
    mix_delays,
    mix_resolved,
    rate_delays,
    small_reference,
    structure_resolved,
    structure_units,
)
from tests.evaluation.gates import ChiSquareGate, DistanceGate
from tests.evaluation.loops import DIFFERENT, FAITHFUL, units_until_told
from tests.evaluation.slowness import Machine, kolmogorov_false_alarms, timing_delays
from tests.evaluation.streams import FalseAlarms, told
from tests.evaluation.traffic import Array, moved, zipf

UNITS = 2000
"""Of every null stream."""


class Table(NamedTuple):
    """What `__main__` prints."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


GATES: dict[str, tuple[Make, list[float]]] = {
    "Mix .05, A 1e6": (mix(0.05), [1e6]),
    "Mix .10, A 1e6": (mix(0.1), [1e6]),
    "Mix .10, A 1e9": (mix(0.1), [1e9]),
    "chi-square p<.01, every unit": (lambda p: ChiSquareGate(p).update, [1.0]),
    "PSI > .1, batches of 200": (lambda p: DistanceGate(p, "psi", 0.1).update, [1.0]),
    "PSI > .2, batches of 200": (lambda p: DistanceGate(p, "psi", 0.2).update, [1.0]),
    "JS > .1, batches of 200": (lambda p: DistanceGate(p, "js", 0.1).update, [1.0]),
}


def tables(streams: int) -> Iterator[Table]:
    """Every table, for null fleets of so many streams; the others are of a size of their own."""
    yield null_fleet(streams)
    yield boundaries(max(200, streams // 20))
    yield structure()
    yield rates()
    yield mixes()
    yield equality()
    yield timing()
    yield clusters()
    yield reference_sizes()
    yield cycles()
    yield resolving()
    yield fanout(max(2, streams // 200))


def null_fleet(streams: int) -> Table:
    """False pages of a fleet that is looked at after every update, a third of the streams of each kind."""
    rng, thresholds = np.random.default_rng(21), [1e3, 1e4, 1e5, 1e6, float(max(1e6, streams * UNITS))]
    found = {name: in_parts(null, rng, streams // 3, thresholds) for name, null in claims.NULLS.items()}
    rows = []
    for i, threshold in enumerate(thresholds):
        updates = sum(each.updates for each in found.values())
        pages = [str(each.alarms[i]) for each in found.values()]
        total = sum(each.alarms[i] for each in found.values())
        rows.append((f"{threshold:.3g}", f"{updates / threshold:.4g}", str(total), *pages))
    title = f"Null fleet, {streams:,} streams of {UNITS:,} units within the tolerance: false alarms"
    return Table(title, ("A", "bound", "alarms", *found), rows)


def in_parts(
    null: claims.Null, rng: np.random.Generator, streams: int, thresholds: list[float]
) -> FalseAlarms:
    """Two thousand streams at a time, so that memory stays small."""
    updates, alarms = 0, [0] * len(thresholds)
    for start in range(0, streams, 2000):
        part = null(rng, min(2000, streams - start), UNITS, thresholds)
        updates, alarms = updates + part.updates, [a + b for a, b in zip(alarms, part.alarms, strict=True)]
    return FalseAlarms(updates, alarms)


def boundaries(streams: int) -> Table:
    """The same where the null ends: the bound is to hold, and nearly to be reached by some."""
    found = claims.bound_at_the_boundary(streams, UNITS)
    bounds = [each.updates / 1e3 for each in found.values()][:1]
    rows = [
        (f"{1e3 * 10**i:g}", f"{bounds[0] / 10**i:.4g}", *[str(each.alarms[i]) for each in found.values()])
        for i in range(3)
    ]
    return Table("At the end of the null: false alarms", ("A", "bound", *found), rows)


def structure() -> Table:
    """An edge that vanishes or appears."""
    rows = [
        (
            f"{traces:,}",
            kind,
            *[
                str(structure_units(traces, appears, history, a))
                for history in (0, 100)
                for a in (1e6, 3e7, 1e9)
            ],
        )
        for traces in (20_000, 1000)
        for kind, appears in (("vanishes", False), ("appears", True))
    ]
    columns = ("traces", "edge", "1e6", "3e7", "1e9", "1e6 after 100", "3e7 after 100", "1e9 after 100")
    return Table("Structure: units until told", columns, rows)


def rates() -> Table:
    """Weaker differences of a rate."""
    rng, thresholds = np.random.default_rng(22), [1e4, 1e6, 1e9]
    cases = [
        (0.6, 0.0),
        (0.2, 0.0),
        (0.0, 0.3),
        (0.0, 0.1),
        (0.0, 0.03),
        (1.0, 0.9),
        (1.0, 0.5),
        (0.98, 0.6),
        (0.01, 0.1),
    ]
    rows = [
        (f"{p:.0%} -> {t:.0%}", *map(told, rate_delays(rng, p, t, thresholds, claims.TRACES)))
        for p, t in cases
    ]
    return Table("Rates, 20,000 traces: median units until told", ("difference", "1e4", "1e6", "1e9"), rows)


def mixes() -> Table:
    """Delays of mixes of eight categories: a shift to one small category, and to four."""
    rng, tvs = np.random.default_rng(23), (0.15, 0.2, 0.3, 0.5)
    rows = []
    for shape, receivers in (("to one", 1), ("to four", 4)):
        for name, (make, thresholds) in GATES.items():
            for history in (0, 2000):
                laws = [moved(zipf(), tv, receivers) for tv in tvs]
                firsts = [mix_delays(rng, make, law, thresholds, 100, history)[0] for law in laws]
                rows.append((shape, name, f"{history:,}", *map(told, firsts)))
    return Table("Mix: median units until told", ("shift", "gate", "units before", *map(str, tvs)), rows)


def equality() -> Table:
    """Alarms of all gates where tests are like production, or differ by what everybody tolerates."""
    rng, rows = np.random.default_rng(24), []
    for name, (make, thresholds) in GATES.items():
        shares = [
            np.isfinite(mix_delays(rng, make, moved(zipf(), tv), thresholds, 100, 0, 10_000)).mean()
            for tv in (0.0, 0.05)
        ]
        rows.append((name, *[f"{share:.0%}" for share in shares]))
    return Table("Alarmed within 10,000 units at TV 0 and at TV .05", ("gate", "TV 0", "TV .05"), rows)


def timing() -> Table:
    """One of six operations changed, on a slower and quieter machine."""
    rng, rows = np.random.default_rng(25), []
    for traces in (1, 4):
        for factor in (1.0, 1.3, 1.5, 2.0, 3.0, 0.2):
            for tau in (0.1, 0.15):
                found = timing_delays(rng, factor, tau, Machine(), 30, 300, traces)
                others = np.isfinite(found.others).mean()
                rows.append((str(traces), f"{factor:g}x", f"{tau:g}", told(found.changed), f"{others:.0%}"))
    for machine in (Machine(3.0, 1.0), Machine(3.0, 0.4), Machine(1.0, 1.6)):
        found = timing_delays(rng, 1.0, 0.1, machine, 10, 1000, 1)
        kolmogorov = kolmogorov_false_alarms(rng, machine, 10, 1000)
        name = f"machine {machine.slower:g}x, scatter {machine.scatter:g} (KS alarms: {kolmogorov:.0%})"
        rows.append(("1", name, "0.1", told(found.changed), f"{np.isfinite(found.others).mean():.0%}"))
    return Table(
        "Timing, A 1e6: median units until told",
        ("traces a unit", "operation", "tau", "told", "another told"),
        rows,
    )


def clusters() -> Table:
    """Repeats, and cases with a common cause, at production's own rates."""
    rng = np.random.default_rng(26)
    rows: list[tuple[str, ...]] = []
    for name, averaged in (
        ("4 cases x 10 repeats, each trace a unit", False),
        ("the same, a unit per case", True),
    ):
        first: Array = claims.repeats(rng, 200, 100, averaged)
        rows.append((name, f"{np.isfinite(first).mean():.1%}", ""))
    for rate in (0.99, 0.95, 0.5, 0.1, 0.01):
        for units in (1, 2, 4, 8, 50):
            shares = [
                f"{np.isfinite(claims.common_cause(rng, 200, 200, units, rate, frozen)).mean():.1%}"
                for frozen in (True, False)
            ]
            rows.append((f"{units} units of one cause, rate {rate:g}", *shares))
    return Table(
        "Streams with a false alarm in 100 (repeats) or 200 runs",
        ("run", "alarmed", "bets learn within the run"),
        rows,
    )


def reference_sizes() -> Table:
    """References of few traces, at a threshold whose bound is one stream in a hundred."""
    rng = np.random.default_rng(27)
    deltas: list[Callable[[int], float]] = [lambda _: 0.001, lambda _: 0.05, lambda n: reference_error(8, n)]
    rows = [
        (
            f"{n:,}",
            f"{reference_error(8, n):.3f}",
            *[f"{small_reference(rng, n, delta(n)):.3f}" for delta in deltas],
        )
        for n in (100, 300, 1000, 10_000)
    ]
    columns = ("traces", "eps", "delta .001", "delta .05", "delta eps")
    return Table("Share of streams like production that pass 3e5 in 3,000 units (bound .01)", columns, rows)


def cycles() -> Table:
    """A mix that swings by the hour, against its own mean."""
    rng = np.random.default_rng(28)
    rows = [
        (f"{delta:g}", *[f"{daily_cycle(rng, delta, 0.15, nightly):.1%}" for nightly in (False, True)])
        for delta in (0.001, 0.05, 0.1, 0.15)
    ]
    title = "Daily cycle of TV .15, 21 days of ten units an hour: alarmed at 1e6"
    return Table(title, ("delta", "all day", "one hour of the night"), rows)


def resolving() -> Table:
    """How soon what is over is closed."""
    rng, rows = np.random.default_rng(29), []
    for tv in (0.3, 0.5):
        closed, over = mix_resolved(rng, tv, 0.05)
        rows.append((f"mix of TV {tv:g}, back to .05 ({closed:.1%} closed while it went on)", told(over)))
    for traces in (1000, 20_000):
        for drift in (0.0, 0.5):
            units = structure_resolved(traces, drift)
            rows.append((f"edge of {traces:,} traces, in {drift:.0%} of tests, back to 100 %", str(units)))
    return Table("Units until a drift that is over is resolved", ("drift", "units"), rows)


def fanout(streams: int) -> Table:
    """Calls that are made again and again, where 5 % of the spans get lost."""
    rng, rows = np.random.default_rng(30), []
    for loop in (*FAITHFUL, *DIFFERENT):
        first = np.array([units_until_told(rng, loop, UNITS) for _ in range(streams)])
        rows.append((str(loop), f"{np.isfinite(first).mean():.1%}", told(first)))
    title = f"Fan-out, 5 % of spans lost, 20,000 traces, A 1e6: {streams} streams of {UNITS:,} units"
    return Table(title, ("calls in production -> tests", "told", "median units"), rows)
