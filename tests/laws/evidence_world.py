"""Random logs in which both sides of a path move: versions, calls, self times and outcomes change half-way.

Three environments in three comparisons, so that one is reference and candidate at once, and two comparisons
share a candidate, and two a reference. Thresholds are low: whatever can begin, begins within some hours.
"""

from collections.abc import Iterator, Mapping
from random import Random

from monitor.drift.policy import Comparison, Policy
from monitor.flows.codec import encode
from monitor.flows.flow import Flaw, Flow, FlowId, Outcome
from monitor.flows.record import FlowRecord, Header, Source
from monitor.pipeline.timeline.commands import Settings
from tests.laws.auditor_world import Entry
from tests.rows import MINUTE, SECOND, header, row, source
from tests.unit.pipeline.auditing import POLICY

FLOWS = (FlowId("shop", "GET /cart"), FlowId("shop", "POST /orders"))
ENVIRONMENTS = ("production", "staging", "integration")
ALL = tuple(
    Comparison(name=f"{reference}-{candidate}", reference=reference, candidate=candidate)
    for reference, candidate in (
        ("production", "integration"),
        ("staging", "integration"),
        ("production", "staging"),
    )
)
LOW = POLICY.model_copy(update={"comparisons": ALL, "page": 2.5, "warn": 1.2})
TURNED = LOW.model_copy(
    update={"comparisons": (ALL[0], Comparison(name="turned", reference="integration", candidate="staging"))}
)
"""Roles after the change: the candidate of all is a reference, and staging no longer is."""
CALLS = (("db SELECT", "POST /charge"), ("db SELECT", "POST /charge", "POST /fraud"))
HOURS = 6


def traffic(rng: Random, of: str) -> list[Flow]:
    """Rows of one environment over some hours, in the order of their beginning, but for a few."""
    every = {"production": 40, "staging": 120, "integration": 60}[of]
    moves = rng.choice((1, 2, 4, 99)) * 60 * MINUTE
    fails = rng.choice((0.0, 0.1, 0.6))
    slower = rng.choice((0, 24))
    rows: list[Flow] = []
    began = 0
    while began < HOURS * 60 * MINUTE:
        began += round(rng.choice((0.0, 0.1, 2.9)) * every * SECOND)
        new = began >= moves
        calls = CALLS[new] if rng.random() < 0.95 else CALLS[0][:1]
        failed = new and rng.random() < fails
        run = f"ci-{began // (20 * MINUTE)}" if of == "integration" and began % (60 * MINUTE) else ""
        flow = row(
            len(rows),
            flow=FLOWS[rng.random() < 0.85],
            calls=calls,
            environment=of,
            outcome=Outcome.FAILED if failed else Outcome.OK,
            run=run,
            suite="nightly" if run else "",
            case=f"case {rng.randrange(6)}" if run and rng.random() < 0.9 else "",
            weight=rng.choice((1024, 1024, 1024, 4096)),
            began=max(0, began - rng.choice((0, 0, 0, 8, 90)) * SECOND),
            flaws=Flaw.ORPHANED if rng.random() < 0.05 else Flaw.NONE,
        )
        times = (100, *(60 + 20 * n + rng.randrange(12) + slower * new * n for n in range(len(calls))))
        versions = (("shop", "2.0" if new else "1.0"),) if rng.random() < 0.9 else ()
        rows.append(flow._replace(self_times=times, versions=versions))
    return rows


def world(seed: int) -> list[Entry]:
    """One random log of the flows topic, drawn from `seed`: small records, nearly in the order of time.

    The second partition of production may lag behind all others.
    """
    rng = Random(seed)
    lag = rng.choice((0, 0, 7, 90)) * MINUTE
    records = [each for name in ENVIRONMENTS for each in _records(rng, name)]
    records.sort(key=lambda each: each[0].log_time + lag * each[0].source.partition)
    entries = [(head.log_time, encode(FlowRecord(head, rows))) for head, rows in records]
    middle = len(entries) // 2
    turns = [_command(1, TURNED), _command(2, LOW)][: rng.choice((0, 0, 1, 2))]
    return [_command(0, LOW), *entries[:middle], *turns[:1], *entries[middle:], *turns[1:], *entries[-9:]]


def _command(number: int, policy: Policy) -> Entry:
    return 0, encode(FlowRecord(None, command={"number": number, **Settings(policy).plain()}))


def _records(rng: Random, name: str) -> Iterator[tuple[Header, tuple[Flow, ...]]]:
    """What the observers of an environment publish, and an hour later that all is out."""
    sources = [source(f"{name}-spans", number) for number in range(2 if name == "production" else 1)]
    todo, now = traffic(rng, name), 0
    while todo:
        size, of = rng.randint(1, 8), rng.choice(sources)
        rows, todo = tuple(todo[:size]), todo[size:]
        now = max(now, *(flow.began for flow in rows))
        runs = {(name, flow.run): (flow.began, flow.began) for flow in rows if flow.run}
        yield _header(of, len(sources), rows[0].offset, now, name, runs), rows
    for of in sources:
        yield _header(of, len(sources), 10_000, now + 60 * MINUTE, name, {}), ()


def _header(
    of: Source,
    partitions: int,
    low: int,
    now: int,
    name: str,
    runs: Mapping[tuple[str, str], tuple[int, int]],
) -> Header:
    return header(of, partitions=partitions, low=low, log_time=now, low_times={name: now}, runs=runs)
