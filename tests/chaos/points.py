"""Named fault points: moments of the daemon's work at which a real process ends or freezes itself.

The product knows nothing of them. A process that is to be struck wraps one function of itself before it
starts (`Strike.arm`); at the nth call that counts it sends itself a signal, before the call, while it is
under way, or when it has returned.
"""

import asyncio
import os
from collections.abc import Callable
from enum import Enum
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, NamedTuple

from monitor.kafka.auditor.delivery import Delivery
from monitor.kafka.auditor.owned_partitions import OwnedPartitions
from monitor.kafka.auditor.owner_loop import OwnerLoop
from monitor.kafka.client.writing import Writer
from monitor.kafka.observer.loops import ObserverLoops
from monitor.kafka.observer.membership import Membership
from monitor.kafka.observer.partition import SourcePartition
from monitor.pipeline.audit.lane import Lane


class Moment(Enum):
    """When, in a call, the signal comes."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


def _always(*_: Any, **__: Any) -> bool:
    return True


def _has_any(some: Any) -> bool:
    return bool(some)


def _to(suffix: str) -> Callable[..., bool]:
    """Counts what is written to the topic of ours that ends so."""
    return lambda topic, *_, **__: str(topic).endswith(suffix)


class Point(NamedTuple):
    """A moment of the work: of which method, which calls count (by their arguments), at most the nth."""

    name: str
    owner: type
    method: str
    moment: Moment
    most: int
    counts: Callable[..., bool] = _always


_FLOWS, _VERDICTS, _CHECKPOINTS = _to("-flows"), _to("-verdicts"), _to("-changelog")

POINTS = (
    Point("partitions opened, not committed", Membership, "_places", Moment.BEFORE, 2),
    Point("partitions opened, nothing read", Membership, "_places", Moment.AFTER, 2),
    Point("records fetched, none folded", ObserverLoops, "_fold", Moment.BEFORE, 12),
    Point("records half folded", SourcePartition, "_source_record", Moment.AFTER, 3000),
    Point("rows on their way", Writer, "send_and_wait", Moment.DURING, 20, _FLOWS),
    Point("rows acknowledged, not noted", Writer, "send_and_wait", Moment.AFTER, 20, _FLOWS),
    Point("rows noted, not committed", ObserverLoops, "_try_commit", Moment.BEFORE, 6, _has_any),
    Point("commit on its way", ObserverLoops, "_try_commit", Moment.DURING, 6, _has_any),
    Point("committed, not noted", ObserverLoops, "_try_commit", Moment.AFTER, 6, _has_any),
    Point("dead letter on its way", SourcePartition, "_buried", Moment.DURING, 4),
    Point("dead letter acknowledged, not noted", SourcePartition, "_buried", Moment.AFTER, 4),
    Point("state to be restored", OwnedPartitions, "_take_up", Moment.BEFORE, 3),
    Point("state restored", OwnedPartitions, "_take_up", Moment.AFTER, 3),
    Point("gap read from the log", Lane, "fold", Moment.AFTER, 100),
    Point("alerts sent, verdicts not", Delivery, "_records", Moment.BEFORE, 20),
    Point("verdicts on their way", Writer, "append_all", Moment.DURING, 6, _VERDICTS),
    Point("checkpoint on its way", Writer, "append_all", Moment.DURING, 12, _CHECKPOINTS),
    Point("checkpoint written, offset not", Writer, "append_all", Moment.AFTER, 12, _CHECKPOINTS),
    Point("command at one partition of three", OwnerLoop, "_forward", Moment.AFTER, 2),
    Point("drained, not given back", ObserverLoops, "give_back", Moment.BEFORE, 1),
)
NAMED = {point.name: point for point in POINTS}
DRAINED = "drained, not given back"
"""The only one that is reached on SIGTERM."""


class Strike(NamedTuple):
    """At the `nth` time that this process comes to a point it gets `signal`; delay: seconds, for DURING."""

    point: str
    nth: int
    signal: int
    delay: float = 0.0

    def arm(self) -> None:
        """Wrap the function of the point, in this process."""
        point, calls = NAMED[self.point], _Calls(self.nth)
        original = getattr(point.owner, point.method)
        wrapped = _awaited if iscoroutinefunction(original) else _called
        setattr(point.owner, point.method, wrapped(original, point, self, calls))

    def hit(self) -> None:
        """End or freeze this process, here and now."""
        os.kill(os.getpid(), self.signal)


class _Calls:
    """Counts down to the nth."""

    def __init__(self, nth: int) -> None:
        self._left = nth

    def is_it(self, counts: bool) -> bool:
        """Whether this call is the nth of those that count."""
        self._left -= counts
        return counts and self._left == 0


def _called(original: Callable[..., Any], point: Point, strike: Strike, calls: _Calls) -> Callable[..., Any]:
    @wraps(original)
    def wrapper(self: Any, *args: Any, **named: Any) -> Any:
        is_it = calls.is_it(point.counts(*args, **named))
        if is_it and point.moment is Moment.BEFORE:
            strike.hit()
        result = original(self, *args, **named)
        if is_it and point.moment is Moment.AFTER:
            strike.hit()
        return result

    return wrapper


def _awaited(original: Callable[..., Any], point: Point, strike: Strike, calls: _Calls) -> Callable[..., Any]:
    @wraps(original)
    async def wrapper(self: Any, *args: Any, **named: Any) -> Any:
        is_it = calls.is_it(point.counts(*args, **named))
        if is_it and point.moment is Moment.BEFORE:
            strike.hit()
        if is_it and point.moment is Moment.DURING:
            asyncio.get_running_loop().call_later(strike.delay, strike.hit)
        result = await original(self, *args, **named)
        if is_it and point.moment is Moment.AFTER:
            strike.hit()
        return result

    return wrapper
