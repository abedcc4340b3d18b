"""What a transformation is: a rewriting of one side's telemetry that is no change of the system."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from tests.metamorphic.systems.model import Interface, Message, Request, System, all_operations
from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.spans import Span, rewritten

Rewrite = Callable[[Capture, Random], Capture]


class Side(StrEnum):
    """Which side's telemetry is rewritten."""

    PRODUCTION = "production"
    TESTS = "tests"
    BOTH = "both"


class Allows(StrEnum):
    """What may differ, because the telemetry says less or more than before.

    EVIDENCE: what was ok may be insufficient, and the other way round. SHARES: how much is covered, but for
    all and nothing. HINTED: anything but an alarm about calls, where a hint says why.
    """

    EVIDENCE = "evidence"
    SHARES = "shares"
    HINTED = "hinted"


def everywhere(_: System) -> bool:
    """Any system will do."""
    return True


@dataclass(frozen=True)
class Transformation:
    """One way to observe the same system otherwise.

    says: the sentence that a failure shows. rewrite: applied to each chosen side with a generator of its
    own. sides: where it may be applied. needs: which systems it says anything about. settings: what a person
    who has such telemetry is told to set, as sections of config/flowdrift.yaml.
    """

    name: str
    says: str
    rewrite: Rewrite
    sides: tuple[Side, ...] = tuple(Side)
    needs: Callable[[System], bool] = everywhere
    settings: Mapping[str, Any] = field(default_factory=dict)
    allows: frozenset[Allows] = frozenset()


def each_span(change: Callable[[Span], Span]) -> Rewrite:
    """Rewrite every span of every trace."""
    return each_span_of(lambda _: change)


def each_span_of(make: Callable[[Random], Callable[[Span], Span]]) -> Rewrite:
    """The same, with a change that draws: `make` is called once per side."""

    def rewrite(capture: Capture, rng: Random) -> Capture:
        change = make(rng)
        traces = (trace._replace(root=rewritten(trace.root, change)) for trace in capture.traces)
        return capture._replace(traces=tuple(traces))

    return rewrite


def has(*interfaces: type[Interface]) -> Callable[[System], bool]:
    """Systems with an operation of one of these interfaces."""
    return lambda system: any(isinstance(each.interface, interfaces) for each in all_operations(system))


def has_messages(system: System) -> bool:
    """Systems in which something is sent and consumed."""
    return any(isinstance(step.does, Message) for each in all_operations(system) for step in each.steps)


def has_requests(system: System) -> bool:
    """Systems in which one service asks another."""
    return any(isinstance(step.does, Request) for each in all_operations(system) for step in each.steps)


def new_id(rng: Random) -> int:
    """The id of a span that was not there before."""
    return rng.getrandbits(64) | 1
