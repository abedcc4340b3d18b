"""Flow -> slots: the spans of one way through a flow, with places in time, before they get ids.

Everything that repeats from trace to trace is worked out once and kept, so that an hour of traffic costs
seconds: a trace then is a layout, stretched by a factor.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from random import Random
from typing import NamedTuple

from monitor.demo.steps import Flow, Step
from monitor.flows.flow import Outcome
from monitor.wire.span import Kind

LAYOUTS = 8
"""Layouts per way: the same spans, each with times of its own."""
NETWORK_US = 300
QUEUE_US = 40_000
"""How long a message waits for its consumer, in microseconds."""
SPREAD = 0.35
"""Sigma of the log-normal spread of every working time."""
STATUS = {Outcome.OK: 200, Outcome.CLIENT_ERROR: 422, Outcome.FAILED: 502}


class Change(StrEnum):
    """What drifts once it is switched on."""

    MOCKED_AWAY = "mocked_away"
    """Tests leave out a call that every production trace makes."""
    NEW_FLOW = "new_flow"
    """Production launches a flow that no test exercises."""
    TEST_ONLY_EDGE = "test_only_edge"
    """Tests write fixtures straight to a database."""


class Way(NamedTuple):
    """One way through a flow: bit i of `taken` says whether its i-th optional step happens."""

    flow: Flow
    outcome: Outcome
    taken: int
    mocked: bool = False
    seeded: bool = False


class Slot(NamedTuple):
    """A span to be: place of its parent among the slots (-1: none), times in us from the trace's begin."""

    service: str
    parent: int
    name: str
    kind: Kind
    attributes: Mapping[str, str | int]
    error: bool
    start_us: int
    end_us: int


@cache
def options(flow: Flow) -> tuple[Step, ...]:
    """The optional steps of `flow`, in the order of the bits of `Way.taken`."""
    return tuple(step for step in _walk(flow.steps) if step.optional)


@cache
def layouts(way: Way) -> tuple[tuple[Slot, ...], ...]:
    """`LAYOUTS` layouts of `way`: the same tree, parents before children, with different times."""
    return tuple(_Drawing(number).draw(way) for number in range(LAYOUTS))


def _walk(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _walk(step.steps)


def _steps_of(way: Way) -> tuple[Step, ...]:
    """What happens on this way: a rejected request stops after its first step, a failing one at its last."""
    taken = {step for bit, step in enumerate(options(way.flow)) if way.taken >> bit & 1}
    steps = _pruned(way.flow.steps, taken, way.flow.mocked if way.mocked else "")
    if way.outcome is Outcome.CLIENT_ERROR:
        steps = steps[:1]
    if way.outcome is Outcome.FAILED:
        steps = steps[: 1 + max(place for place, step in enumerate(steps) if step.kind is Kind.CLIENT)]
    if way.seeded and way.flow.fixture is not None:
        steps = (way.flow.fixture, *steps)
    return steps


def _pruned(steps: Sequence[Step], taken: set[Step], mocked: str) -> tuple[Step, ...]:
    kept = (step for step in steps if step.operation != mocked and (not step.optional or step in taken))
    return tuple(replace(step, steps=_pruned(step.steps, taken, mocked)) for step in kept)


class _Drawing:
    """The slots of layout `number`, drawn from the entry downwards.

    A step works as long in every way that takes it: ways that differ elsewhere must not differ in its time.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._slots: list[Slot] = []

    def draw(self, way: Way) -> tuple[Slot, ...]:
        flow, steps = way.flow, _steps_of(way)
        attributes: dict[str, str | int] = {
            "http.request.method": flow.method,
            "http.route": flow.route,
            "http.response.status_code": STATUS[way.outcome],
        }
        failed = way.outcome is Outcome.FAILED
        top = Slot(flow.service, -1, flow.operation, Kind.SERVER, attributes, failed, 0, 0)
        self._within(top, steps, flow.operation, broken=failed)
        return tuple(self._slots)

    def _within(self, slot: Slot, steps: Sequence[Step], path: str, *, broken: bool) -> int:
        """Place `slot` with `steps` below it, the last of which fails if `broken`; return when it ends.

        path: the operations from the entry down to `slot`.
        """
        place = len(self._slots)
        self._slots.append(slot)
        now = slot.start_us + self._work(1.0, path)
        for step in steps:
            below = f"{path} > {step.operation}"
            now = self._call(place, step, below, now, fails=broken and step is steps[-1])
        self._slots[place] = slot._replace(end_us=now)
        return now

    def _call(self, parent: int, step: Step, path: str, start: int, *, fails: bool) -> int:
        """Place the caller's span of `step` and what answers it; return when the caller goes on."""
        service = self._slots[parent].service
        place = len(self._slots)
        client = Slot(service, parent, step.operation, step.kind, step.attributes, fails, start, 0)
        self._slots.append(client)
        end = start + self._work(step.millis, path)
        if step.callee:
            end = max(end, self._answer(place, step, path, end, fails=fails))
        self._slots[place] = client._replace(end_us=end)
        return end

    def _answer(self, place: int, step: Step, path: str, now: int, *, fails: bool) -> int:
        """Place the callee's span; return when the caller's span ends (a message is not waited for)."""
        consumed = step.callee_kind is Kind.CONSUMER
        start = now + (QUEUE_US if consumed else NETWORK_US)
        verb = "process" if consumed else ""
        name = f"{verb} {step.operation.removeprefix('send ')}".strip()
        slot = Slot(step.callee, place, name, step.callee_kind, step.callee_attributes, fails, start, 0)
        end = self._within(slot, () if fails else step.steps, f"{path} answered", broken=False)
        return now if consumed else end + NETWORK_US

    def _work(self, millis: float, path: str) -> int:
        """How long what is at `path` works by itself in this layout, in us, around `millis`."""
        spread = Random(f"{self._number}/{path}").lognormvariate(0, SPREAD)
        return max(1, int(millis * 1_000 * spread))
