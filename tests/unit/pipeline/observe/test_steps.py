"""Work is cut into steps, and grows as the input does: counted in lines of Python, not in seconds."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

import pytest

from monitor.base.steps import result_of
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.benchmarks.hostile import INPUTS, Input

SMALL, LARGE = 400, 1_600
MOST_LINES = 100_000
"""Lines of Python in one step: some 50 ns each."""

TRACES = {name: given for name, given in INPUTS.items() if not given.compression}


class Lines:
    """Counts the lines that run."""

    def __init__(self) -> None:
        self.total = 0

    def __enter__(self) -> Self:
        self._tracer = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._tracer)

    def _trace(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        self.total += event == "line"
        return self._trace


def partition(encoding: str) -> SourceObserver:
    return SourceObserver(
        Source("main", "spans", "1", 0),
        Decoder(AttributionSettings()),
        ObserverSettings(),
        start=0,
        targets=2,
        fresh=False,
        encoding=encoding,
        guarded=False,
    )


def steps_of(given: Input, size: int) -> list[int]:
    """Lines of each step, from the first record until all is published."""
    observer = partition(given.encoding)
    payloads = list(given.payloads(size))

    def work() -> Iterator[None]:
        for offset, payload in enumerate(payloads):
            yield from observer.folding(SourceRecord(offset, 10**12, payload))
        for _ in range(200):
            yield from observer.idling(1_000)
        yield from observer.publishing(at_end=True, partitions=1, heartbeat=True)

    with Lines() as lines:
        totals = [lines.total for _ in work()]
    return [after - before for before, after in zip([0, *totals], [*totals, lines.total], strict=False)]


@pytest.mark.fault(9, 25)
@pytest.mark.parametrize("name", TRACES)
def test_work_is_linear_and_cut_into_steps(name: str) -> None:
    """Four times the spans cost four times the work, and no step does more than a bounded part of it."""
    small, large = (steps_of(TRACES[name], size) for size in (SMALL, LARGE))
    assert max(large) < MOST_LINES
    assert sum(large) < 1.3 * LARGE / SMALL * sum(small)


def test_steps_decide_nothing() -> None:
    """What is published is the same, whether all steps are taken at once or others run in between."""
    payloads = list(INPUTS["ten traces"].payloads(LARGE))
    at_once, stepwise = partition("otlp_proto"), partition("otlp_proto")
    for offset, payload in enumerate(payloads):
        at_once.fold(SourceRecord(offset, 10**12, payload))
        for _ in stepwise.folding(SourceRecord(offset, 10**12, payload)):
            assert stepwise.low == 0 and result_of(stepwise.publishing(True, 1, False)) == []
    for observer in (at_once, stepwise):
        observer.close_all()
    assert at_once.outgoing(True, 1, True) == stepwise.outgoing(True, 1, True)
