"""CPU cost of the auditor's fold without Kafka: flows per CPU second, from records of the topic to state.

    python -m tests.benchmarks.bench_auditor

A seeded partition of the flows topic: 40 flows of 19 spans over ten services, a record of 500 rows a second,
of which every twentieth is of tests (two runs of 50 cases). `usual`: a flow has few shapes, as where calls
come one after the other; `wild`: calls come in any order, so that hardly two shapes are equal. `decode`
is the codec alone, `fold` is `PartitionAuditor.apply`, decoding included, with all dimensions on. Repeats are
interleaved; the median and the range are printed, the steps of a loop beside them (a step takes 18 ns on a
machine that does nothing else), and the state per path before and after compression. A run counts only if
every flow was counted and tests were judged. Nothing is asserted on time.
"""

import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from random import Random
from typing import TypeVar

from monitor.flows.codec import decode, encode
from monitor.flows.flow import Flow, FlowId, Line, Node, Operation, Outcome, Shape
from monitor.flows.order import LATER, MOST_CALLS
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.commands import Settings
from monitor.service.garbage import collect_seldom
from monitor.wire.span import Kind
from tests.benchmarks.test_updates import STEPS, seconds_of_loop
from tests.rows import SECOND, header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS

RECORDS, ROWS, FLOWS, CALLS, REPEATS = 60, 500, 40, 9, 5
TESTED, RUN = 20, 30
"""Every so many rows one is of tests; a run takes so many records."""
WILD = 500
"""Shapes of a flow whose calls run at the same time: a shape comes once or twice."""
SEED = 20_261_129
T = TypeVar("T")


def shapes(rng: Random, flow: FlowId, wild: bool) -> list[Shape]:
    """Ways in which a flow's trace may look: an entry and nine calls, each with the server that answers."""
    return [tuple(_nodes(rng, flow, wild)) for _ in range(WILD if wild else 3)]


def _nodes(rng: Random, flow: FlowId, wild: bool) -> Iterator[Node]:
    yield Node(Operation(flow.service, Kind.SERVER, flow.operation), -1)
    for place, call in enumerate(rng.sample(range(CALLS), CALLS) if wild else range(CALLS)):
        yield Node(Operation(flow.service, Kind.CLIENT, f"POST /{call}"), 0)
        yield Node(Operation(f"service-{call}", Kind.SERVER, f"POST /{call}"), 1 + 2 * place)


def order(shape: Shape) -> tuple[Line, ...]:
    """One after the other as they stand, as far as they are compared."""
    calls = (place for place, node in enumerate(shape) if node.operation.kind is Kind.CLIENT)
    compared = (place for place in calls if shape[place].operation.name < f"POST /{MOST_CALLS}")
    return ((0, *chain.from_iterable((place, LATER) for place in compared)),)


def rows(rng: Random, number: int, known: list[tuple[FlowId, list[Shape]]]) -> list[Flow]:
    """The rows of a record, tests among them."""
    made = []
    for place in range(ROWS):
        flow, looks = rng.choice(known)
        shape = rng.choice(looks)
        tested = place % TESTED == 0
        one = row(number, place=place, flow=flow, began=number * SECOND)
        made.append(
            one._replace(
                environment="integration" if tested else "production",
                outcome=Outcome.FAILED if rng.random() < 0.02 else Outcome.OK,
                suite="nightly" if tested else "",
                run=f"ci-{number // RUN}" if tested else "",
                case=f"case {place % 50}" if tested else "",
                shape=shape,
                order=order(shape),
                self_times=tuple([round(rng.gauss(90, 4)) for _ in shape]),
            )
        )
    return made


def partition(wild: bool) -> list[tuple[int, bytes]]:
    """The records, the settings first: each when it was appended (ms) and its value."""
    rng = Random(SEED)
    flows = [FlowId(f"front-{n % 4}", f"GET /item-{n}") for n in range(FLOWS)]
    known = [(flow, shapes(rng, flow, wild)) for flow in flows]
    records = [(0, encode(FlowRecord(None, command={"number": 0, **Settings(POLICY).plain()})))]
    for number in range(RECORDS):
        now = number * SECOND
        every = rows(rng, number, known)
        of_tests = [each for each in every if each.run]
        run = {("integration", of_tests[0].run): (now, now)}
        production = header(PRODUCTION, low=number, log_time=now, low_times={"production": now})
        tests = header(TESTS, low=number, log_time=now, low_times={"integration": now}, runs=run)
        records.append((now, encode(FlowRecord(production, tuple([each for each in every if not each.run])))))
        records.append((now, encode(FlowRecord(tests, tuple(of_tests)))))
    end = (RECORDS + 3600) * SECOND
    for of, name in ((PRODUCTION, "production"), (TESTS, "integration")):
        done = header(of, low=RECORDS, log_time=end, at_end=True, low_times={name: end})
        records.append((end, encode(FlowRecord(done))))
    return records


def fold(records: list[tuple[int, bytes]]) -> PartitionAuditor:
    """The auditor of the whole partition."""
    auditor = PartitionAuditor(0, 4, 1, {})
    for offset, (appended, value) in enumerate(records):
        auditor.apply(offset, appended, value)
    return auditor


def counted(auditor: PartitionAuditor) -> tuple[int, int, int]:
    """Flows that are counted, paths, and units of tests that were judged."""
    sides = [side for state in auditor.states() for side in state.sides.values()]
    compared = [known for state in auditor.states() for known in state.comparisons.values()]
    return sum(side.fingerprint.traces for side in sides), len(sides), sum(each.units for each in compared)


def state_size(auditor: PartitionAuditor) -> tuple[int, int]:
    """Bytes of all checkpoints, before and after compression."""
    packed = [auditor.checkpoint(number) for number in range(auditor.shards)]
    return sum(len(zlib.decompress(each)) for each in packed), sum(map(len, packed))


def seconds_of(call: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of this process, and what came of it."""
    begin = time.process_time()
    result = call()
    return time.process_time() - begin, result


def measure(wild: bool) -> None:
    """Print medians and ranges of one partition."""
    records, flows = partition(wild), RECORDS * ROWS
    taken: dict[str, list[float]] = {"decode": [], "fold": []}
    steps = []
    for _ in range(REPEATS):
        taken["decode"].append(seconds_of(lambda: [decode(value) for _, value in records])[0])
        seconds, auditor = seconds_of(lambda: fold(records))
        taken["fold"].append(seconds)
        steps.append(seconds / flows / (seconds_of_loop() / STEPS))
        seen, paths, units = counted(auditor)
        assert seen == flows and units > 0
    raw, packed = state_size(auditor)
    print(
        f"{'wild' if wild else 'usual'}: {flows:,} flows of {2 * CALLS + 1} spans, {units:,} units of tests;"
    )
    print(f"{paths} paths of {raw / paths:,.0f} bytes of state, {packed / paths:,.0f} compressed")
    for name, each_taken in taken.items():
        rates = sorted(flows / each for each in each_taken)
        print(f"{name:8} {statistics.median(rates):10,.0f} flows/s  ({rates[0]:,.0f} to {rates[-1]:,.0f})")
    print(f"{'':8} {statistics.median(steps):10,.0f} steps of the loop a flow")


def main() -> None:
    """Both partitions."""
    collect_seldom()
    for wild in (False, True):
        measure(wild)


if __name__ == "__main__":
    main()
