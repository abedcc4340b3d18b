"""What production does in a shop, and what runs of its test suite do: both sides as captures.

Production draws everything: flows by weight, branches, failures, customers. A suite never does: its cases are
deterministic, and each run exercises each of them once.
"""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from tests.metamorphic.telemetry.capture import PRODUCTION, SECOND, TESTS, Capture, Export
from tests.metamorphic.telemetry.spans import Attributes, Trace
from tests.shop.happening import FAILED, INVALID, Asked, Happening, Machines
from tests.shop.model import Case, Flow, Shop

EXPORT = Export(order="by process")
RUN_SECONDS, CASE_SECONDS = 600, 2
"""Between the beginnings of two runs, and of two cases."""
TEST_CUSTOMERS = 40


@dataclass(frozen=True)
class Traffic:
    """How much production does: traces in so many seconds from `begin` (ns), so many within a second.

    state: the trace state of each, as samplers write it.
    """

    begin: int
    seconds: int
    traces: int
    beside: int = 8
    state: str = ""


@dataclass(frozen=True)
class Runs:
    """How the suite is run: runs numbered from `first` on, from `begin` (ns) on.

    speed: factor of every time on the test machine. customers: whose data its cases use. branch: of the code.
    """

    begin: int
    runs: int
    first: int = 0
    speed: float = 1.0
    customers: int = TEST_CUSTOMERS
    branch: str = "main"


def production(shop: Shop, traffic: Traffic, seed: str) -> Capture:
    """Production's traces, in order of time.

    Flows come by their weights, and in the end each with all its branches and with none: nothing of a shop is
    so rare that production does not show it.
    """
    rng = Random(f"production {seed}")
    happening = Happening(Machines(shop.services, rng))
    sums = [*accumulate(flow.weight for flow in shop.flows)]
    known = [(flow, Asked(frozenset(taken))) for flow in shop.flows for taken in (flow.branches, ())]
    resource = {"deployment.environment.name": PRODUCTION}
    traces = []
    for number in range(traffic.traces):
        flow = shop.flows[bisect(sums, rng.random() * sums[-1])]
        left = traffic.traces - number
        flow, asked = known[-left] if left <= len(known) else (flow, _asked(flow, shop, rng))
        second = number // traffic.beside * traffic.beside / traffic.traces * traffic.seconds + rng.random()
        root = happening.run(flow.entry, traffic.begin + int(second * SECOND), asked)
        traces.append(Trace(rng.getrandbits(128), root, resource, state=traffic.state))
    return Capture(PRODUCTION, tuple(sorted(traces, key=lambda trace: trace.root.start)), EXPORT)


def _asked(flow: Flow, shop: Shop, rng: Random) -> Asked:
    taken = frozenset(name for name, share in flow.branches.items() if rng.random() < share)
    roll = rng.random()
    status = FAILED if roll < flow.failing else INVALID if roll < flow.failing + flow.rejected else 200
    return Asked(taken, status, _values(rng.randrange(shop.customers)))


def _values(customer: int) -> Attributes:
    """What a request is about, as attributes that the shop declares."""
    return {"shop.customer.id": f"customer-{customer}", "shop.product.id": f"product-{customer * 7 % 211}"}


def suite(shop: Shop, tests: Runs, seed: str) -> list[Capture]:
    """A capture of each run."""
    return [_run(shop, tests, number, seed) for number in range(tests.first, tests.first + tests.runs)]


def _run(shop: Shop, tests: Runs, number: int, seed: str) -> Capture:
    rng = Random(f"run {number} {seed}")
    speed = tests.speed * rng.lognormvariate(0.0, 0.1)
    happening = Happening(Machines(shop.services, rng, speed))
    at = tests.begin + (number - tests.first) * RUN_SECONDS * SECOND
    traces = []
    for place, (flow, case) in enumerate(cases(shop)):
        resource = {
            "deployment.environment.name": TESTS,
            "cicd.pipeline.run.id": run_id(number),
            "test.suite.name": "nightly",
            "test.case.name": f"{flow.named_by.word}: {case.name}",
            "vcs.ref.head.name": tests.branch,
        }
        begin = at + place * CASE_SECONDS * SECOND + rng.randrange(SECOND)
        asked = Asked(case.taken, INVALID if case.rejected else 200, _values(place % tests.customers))
        traces.append(Trace(rng.getrandbits(128), happening.run(flow.entry, begin, asked), resource))
    return Capture(TESTS, tuple(traces), EXPORT)


def cases(shop: Shop) -> Iterator[tuple[Flow, Case]]:
    """Every case of the suite, with its flow."""
    return ((flow, case) for flow in shop.flows for case in flow.cases)


def run_id(number: int) -> str:
    """The id of a run."""
    return f"ci-{number}"
