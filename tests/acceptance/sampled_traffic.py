"""Production as it is, what samplers keep of it, and tests that do the same.

Four flows with branches that are taken now and then, failures (2 % of all traces, and 40 % of the refunds),
clients' errors, times, and errors inside flows that end well. Tests have one to three cases per flow, in
slots of their own; each always does the same, and some fail on purpose.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import log
from random import Random
from typing import NamedTuple

from monitor.base.units import UNIT_WEIGHT
from monitor.flows.flow import Flow, FlowId, Outcome
from monitor.stats.histogram import bin_of
from tests.rows import MINUTE, row

ORDERS, LOGIN = FlowId("shop", "POST /orders"), FlowId("shop", "POST /login")
CART, REFUND = FlowId("shop", "GET /cart"), FlowId("shop", "POST /refund")
CHARGE = "POST /charge"
HOURS = 4
MEDIANS_NS = {CHARGE: 2e7, "GET /stock": 3e6, "db SELECT": 1e6, "db INSERT": 5e6}
SLOW_NS = 3.5e7
"""One charge in six takes longer."""


class Trace(NamedTuple):
    """A trace before it is sampled; erroneous: some span has an error; charge: ns that charging takes."""

    flow: FlowId
    calls: tuple[str, ...]
    outcome: Outcome
    erroneous: bool
    charge: float = 0.0


Sampler = Callable[[Trace, Random], int]
"""The weight that is stated for a trace, 1 where none is; 0: it is not kept."""


def _orders(dice: Random) -> Trace:
    """Coupons now and then; one in a hundred falls back inside and ends well; few fail."""
    charge = _time(CHARGE, dice)
    if dice.random() < 0.001:
        return Trace(ORDERS, ("GET /stock", CHARGE), Outcome.FAILED, True, charge)
    coupon = ("GET /coupon",) if dice.random() < 0.3 else ()
    falls_back = dice.random() < 0.01
    fallback = ("POST /fallback",) if falls_back else ()
    calls = (*coupon, "GET /stock", CHARGE, *fallback, "db INSERT")
    return Trace(ORDERS, calls, Outcome.OK, falls_back, charge)


def _login(dice: Random) -> Trace:
    """One in five gives a wrong password, one in twenty meets a server that fails."""
    at = dice.random()
    if at < 0.05:
        return Trace(LOGIN, ("db SELECT",), Outcome.FAILED, True)
    if at < 0.25:
        return Trace(LOGIN, ("db SELECT",), Outcome.CLIENT_ERROR, False)
    return Trace(LOGIN, ("db SELECT", "POST /session"), Outcome.OK, False)


def _cart(dice: Random) -> Trace:
    calls = ("db SELECT", "GET /recommendations") if dice.random() < 0.5 else ("db SELECT",)
    return Trace(CART, calls, Outcome.OK, False)


def _refund(dice: Random) -> Trace:
    failed = dice.random() < 0.4
    calls = ("db SELECT", "POST /refunds") if failed else ("db SELECT", "POST /refunds", "db INSERT")
    return Trace(REFUND, calls, Outcome.FAILED if failed else Outcome.OK, failed)


@lru_cache(maxsize=1)
def population(traces: int) -> Sequence[Trace]:
    """So many traces of production."""
    dice = Random(11)
    kinds = dice.choices((_orders, _login, _cart, _refund), weights=(40, 20, 37, 3), k=traces)
    return [kind(dice) for kind in kinds]


def sampled(traces: int, sampler: Sampler) -> Iterator[Flow]:
    """Rows of what a sampler keeps of so many traces, in the order in which they began."""
    dice = Random(13)
    for number, trace in enumerate(population(traces)):
        if weight := sampler(trace, dice):
            began = number * HOURS * 60 * MINUTE // traces
            kept = row(
                number,
                flow=trace.flow,
                calls=trace.calls,
                outcome=trace.outcome,
                weight=weight * UNIT_WEIGHT,
                began=began,
            )
            times = _times(trace.calls, dice)
            yield timed(kept, {**times, CHARGE: trace.charge} if CHARGE in times else times)


def _times(calls: Sequence[str], dice: Random) -> dict[str, float]:
    """Self times in ns."""
    return {call: _time(call, dice) for call in ("", *calls)}


def _time(call: str, dice: Random) -> float:
    return dice.lognormvariate(log(MEDIANS_NS.get(call, 2e6)), 0.6)


def timed(flow: Flow, times: Mapping[str, float]) -> Flow:
    """The row with these times of its entry ('') and its calls."""
    return flow._replace(self_times=tuple(bin_of(round(time)) for time in times.values()))


def whole(_: Trace, __: Random) -> int:
    """No sampling."""
    return 1


def uniform(weight: int) -> Sampler:
    """All traces, each with this weight: what chance keeps of a larger production is like a smaller one."""
    return lambda _, __: weight


def tail(failed: int, rest: int, *, slow: bool = False) -> Sampler:
    """All traces with an error (and slow ones), and 5 % of the rest: with these weights."""

    def keep(trace: Trace, dice: Random) -> int:
        if trace.erroneous or (slow and trace.charge > SLOW_NS):
            return failed
        return rest * (dice.random() < 0.05)

    return keep


CASES: Mapping[str, Trace] = {
    "pays": Trace(ORDERS, ("GET /stock", CHARGE, "db INSERT"), Outcome.OK, False),
    "uses a coupon": Trace(ORDERS, ("GET /coupon", "GET /stock", CHARGE, "db INSERT"), Outcome.OK, False),
    "pays later": Trace(ORDERS, ("GET /stock", CHARGE, "db INSERT"), Outcome.OK, False),
    "logs in": Trace(LOGIN, ("db SELECT", "POST /session"), Outcome.OK, False),
    "is new": Trace(LOGIN, ("db SELECT", "POST /session"), Outcome.OK, False),
    "forgot the password": Trace(LOGIN, ("db SELECT",), Outcome.CLIENT_ERROR, False),
    "looks": Trace(CART, ("db SELECT", "GET /recommendations"), Outcome.OK, False),
    "is paid back": Trace(REFUND, ("db SELECT", "POST /refunds", "db INSERT"), Outcome.OK, False),
    "is not paid back": Trace(REFUND, ("db SELECT", "POST /refunds"), Outcome.FAILED, True),
}


def rows_of_run(number: int, began: int, *, without: str) -> list[Flow]:
    """Rows of run `number` on a machine that is slower by some 80 %, without one of the calls."""
    dice = Random(1_000_000 + number)
    speed = 1.8 * dice.lognormvariate(0.0, 0.15)
    rows = []
    for place, (case, trace) in enumerate(CASES.items()):
        calls = tuple(call for call in trace.calls if call != without)
        times = {call: speed * time for call, time in _times(calls, dice).items()}
        ran = row(
            number,
            place=place,
            flow=trace.flow,
            calls=calls,
            outcome=trace.outcome,
            environment="integration",
            suite="nightly",
            run=f"ci-{number}",
            case=case,
            began=began,
        )
        rows.append(timed(ran, times))
    return rows
