"""How long the event loop waits while an observer reads what was made to stop it.

    python -m tests.benchmarks.bench_hostile [--size 100000] [PART OF A NAME ...]

Batches go through the consumer's unpacking, a source partition with its real observer, and publications, on
the real event loop, as `kafka.observer.loops` has it; nothing is sent. Printed are the spans that were
counted, the CPU seconds, the longest step in CPU milliseconds (steps are taken until 20 ms have passed), and
how late a task came that wanted to run every 2 ms: that counts whatever else the machine does, so the same is
printed of an empty event loop in a process beside it. Nothing is asserted on time. "a resource each" and "a
name each" take a minute: nothing of a span was met before.
"""

import asyncio
import time
from argparse import ArgumentParser
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

from monitor.base.clock import SystemClock
from monitor.base.steps import Steps, T
from monitor.flows.record import Source
from monitor.kafka.client.tasks import in_steps
from monitor.kafka.client.unpacking import install
from monitor.kafka.observer.observed import ObservedPartition
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver
from monitor.service.garbage import collect_seldom
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.benchmarks.hostile import INPUTS, Input, batch

Y = TypeVar("Y")
IDLE_SECONDS, WANTED_SECONDS = 200, 0.002


class Timed:
    """Takes steps one by one, and knows the longest, in CPU seconds."""

    longest = 0.0

    def __call__(self, steps: Steps[T]) -> Steps[T]:
        return (yield from self.each(steps))

    def each(self, steps: Generator[Y, None, T]) -> Generator[Y, None, T]:
        """The same for steps that give something."""
        while True:
            begin = time.thread_time()
            try:
                step = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self.longest = max(self.longest, time.thread_time() - begin)
            yield step


def partition(encoding: str) -> ObservedPartition:
    source = Source("main", "spans", "1", 0)
    observer = SourceObserver(
        source,
        Decoder(AttributionSettings()),
        ObserverSettings(),
        start=0,
        targets=4,
        fresh=False,
        encoding=encoding,
        guarded=False,
    )
    start = StartingPoint(0, Commit(0), fresh=False)
    return ObservedPartition(TopicPartition("spans", 0), observer, start, SystemClock())


def fetched(data: bytes, position: int) -> Generator[list[Any], None, None]:
    """The portions that a consumer hands over of what it fetched."""
    tp, state = TopicPartition("spans", 0), SimpleNamespace(paused=False, position=position)
    state.consumed_to = lambda offset: setattr(state, "position", offset)
    assignment = SimpleNamespace(active=True, state_value=lambda _: state)
    records = fetcher.PartitionRecords(tp, fetcher.MemoryRecords(data), None, position, None, None, True, 0)
    result = fetcher.FetchResult(tp, assignment=assignment, partition_records=records, backoff=0)
    while result.has_more():
        yield result.getall()


async def observe(one: ObservedPartition, batches: list[bytes], timed: Timed) -> None:
    clock = SystemClock()
    for offset, data in enumerate(batches):
        await asyncio.sleep(5 * WANTED_SECONDS)
        for portion in timed.each(fetched(data, offset)):
            await in_steps(timed(one.folding(portion)), clock)
            await asyncio.sleep(0)
    for _ in range(IDLE_SECONDS):
        await in_steps(timed(one.observer.idling(1_000)), clock)
        await asyncio.sleep(0)


async def publish(one: ObservedPartition, timed: Timed) -> None:
    while True:
        await asyncio.sleep(0.2)
        for target, _ in await in_steps(timed(one.observer.publishing(False, 1, True)), SystemClock()):
            one.observer.acknowledged(target)


async def watch(lags: list[float]) -> None:
    while True:
        begin = time.perf_counter()
        await asyncio.sleep(WANTED_SECONDS)
        lags.append(time.perf_counter() - begin - WANTED_SECONDS)


def _empty_loop(over: Connection) -> None:
    """Measure the lags of a loop that does nothing, until something is received; then send them."""

    async def watching() -> list[float]:
        lags = list[float]()
        task = asyncio.ensure_future(watch(lags))
        await asyncio.to_thread(over.recv)
        task.cancel()
        return sorted(lags)

    over.send(None)
    over.send(asyncio.run(watching()))


@contextmanager
def beside() -> Iterator[list[float]]:
    """Meanwhile an empty loop runs in another process; its lags are in the list at the end."""
    lags = list[float]()
    ours, theirs = Pipe()
    child = get_context("spawn").Process(target=_empty_loop, args=(theirs,), daemon=True)
    child.start()
    ours.recv()
    try:
        yield lags
    finally:
        ours.send(None)
        lags += ours.recv()
        child.join()


async def measured(given: Input, size: int) -> tuple[int, float, float, list[float]]:
    """Spans counted, CPU seconds, the longest step, lags (s)."""
    batches = [batch(each, at, given.compression) for at, each in enumerate(given.payloads(size))]
    one, timed, lags = partition(given.encoding), Timed(), list[float]()
    watching, publishing = asyncio.ensure_future(watch(lags)), asyncio.ensure_future(publish(one, timed))
    begin = time.process_time()
    await observe(one, batches, timed)
    seconds = time.process_time() - begin
    for task in (watching, publishing):
        task.cancel()
    return one.observer.tallies["spans"], seconds, timed.longest, sorted(lags)


def main() -> None:
    """One line per input."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[""])
    parser.add_argument("--size", type=int, default=100_000)
    options = parser.parse_args()
    collect_seldom()
    install()
    print(f"{'':28} {'spans':>7} {'CPU s':>6} {'step':>6} | {'lag in ms: p50, p99, max':26} | empty loop")
    for name, given in INPUTS.items():
        if any(part in name for part in options.names):
            with beside() as empty:
                spans, seconds, longest, lags = asyncio.run(measured(given, options.size))
            said = f"{name:28} {spans:7,} {seconds:6.2f} {longest * 1e3:6.1f}"
            print(f"{said} | {_percentiles(lags):26} | {_percentiles(empty)}", flush=True)


def _percentiles(lags: Sequence[float]) -> str:
    p50, p99 = (lags[int(len(lags) * share)] * 1e3 for share in (0.5, 0.99))
    return f"{p50:8.1f} {p99:8.1f} {lags[-1] * 1e3:8.1f}"


if __name__ == "__main__":
    main()
