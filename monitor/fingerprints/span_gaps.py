"""How many spans of an environment get lost on the way, by service: from what must be there and is not.

A span that is lost leaves no trace of itself, but it leaves gaps beside it:

- a call whose service answers with a span of its own nearly everywhere, and here did not: one of the
  answering service is lost;
- a group of spans whose parent never came, though it ran in the same process: one of that service is lost,
  if what the group does is mostly seen below its parent. Where it is not (the messages of a stream, the
  steps of a workflow) the parent ends too late, and the group is unfinished, not lost.

Both are counted against the calls and children that are whole. Counts are halved every hour of log time, so
that what is lost today is not thinned by a good week.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self

from monitor.base.units import HOUR_MS
from monitor.fingerprints.digest import Digest, digest_of
from monitor.flows.flow import Flaw, Flow, FlowId, Operation, Outcome
from monitor.stats.interval import wilson
from monitor.wire.span import Kind

MOST_CALLS = 2000
"""Calls, and operations, of one environment that are counted: the first ones."""
LEAST_LOST = 5
"""Fewer gaps are no loss, but what happens."""
ENOUGH = 500
"""Spans of a service that must have been: with at least this many, its own rate is used."""
USUAL = 4
"""Spans that came with their parent for each that came without, from which on a missing parent is lost."""
OTHERS = ""
_DEVIATIONS = 2.0
_PENDING = 256
_OK = Outcome.OK


Made = tuple[FlowId, Operation]
"""A client's operation, in the flow where it is made: a service that never answers there is no loss."""


class Gaps(NamedTuple):
    """Of `expected` spans of a service, `missing` did not come."""

    missing: int
    expected: int

    @property
    def most(self) -> float:
        """The share that is lost at most (two standard errors); 0.0 while hardly any is missing."""
        if self.missing < LEAST_LOST:
            return 0.0
        return wilson(self.missing / self.expected, self.expected, _DEVIATIONS)[1]


class Loss:
    """Counts of one environment.

    calls: per flow and operation of a client, how often its partner's span was there, how often not, and
    whose it is.
    inside: per operation, spans whose parent in the same process was there, and groups whose parent was not.
    """

    __slots__ = ("_pending", "calls", "hour", "inside")

    def __init__(self) -> None:
        self.hour = 0
        self.calls: dict[Made, tuple[int, int, str]] = {}
        self.inside: dict[Operation, tuple[int, int]] = {}
        self._pending: dict[tuple[Digest, FlowId], int] = {}

    def observe(self, flow: Flow) -> None:
        """Count one flow that ended well and is all there; of others, what is missing is not lost."""
        hour = flow.began // HOUR_MS
        if hour > self.hour:
            self._forget(hour - self.hour)
            self.hour = hour
        # Flags are slow to combine, and hardly any flow has one.
        if flow.outcome is _OK and not (flow.flaws and flow.flaws & Flaw.TRUNCATED):
            pending, key = self._pending, (digest_of(flow.shape), flow.id)
            pending[key] = pending.get(key, 0) + 1
            if len(pending) >= _PENDING:
                self._count()
            if flow.is_unfinished:
                self._add_inside(flow.shape[0].operation, 0, 1)

    def _forget(self, hours: int) -> None:
        self._count()
        kept = {name: (a >> hours, b >> hours, whose) for name, (a, b, whose) in self.calls.items()}
        self.calls = {name: counts for name, counts in kept.items() if counts[0] or counts[1]}
        inside = {name: (a >> hours, b >> hours) for name, (a, b) in self.inside.items()}
        self.inside = {name: counts for name, counts in inside.items() if any(counts)}

    def _count(self) -> None:
        """Count what waits: a flow has few shapes, and its calls are the same in all of one."""
        for (digest, flow), n in self._pending.items():
            for operation, partner in digest.calls:
                made = (flow, operation)
                with_it, without, whose = self.calls.get(made, (0, 0, ""))
                if made in self.calls or len(self.calls) < MOST_CALLS:
                    counts = (with_it + n, without) if partner else (with_it, without + n)
                    self.calls[made] = (*counts, partner or whose)
            for operation, children in digest.inside:
                self._add_inside(operation, n * children, 0)
        self._pending.clear()

    def _add_inside(self, operation: Operation, attached: int, orphaned: int) -> None:
        known = self.inside.get(operation)
        if known is not None or len(self.inside) < MOST_CALLS:
            a, b = known or (0, 0)
            self.inside[operation] = (a + attached, b + orphaned)

    def answers(self, flow: FlowId, operation: Operation) -> str:
        """The service whose span is the partner of this call of a flow, as a rule; '' where none is."""
        self._count()
        with_it, without, whose = self.calls.get((flow, operation), (0, 0, OTHERS))
        return whose if with_it >= without else OTHERS

    def gaps(self) -> dict[str, Gaps]:
        """Per service; a partner is expected where it is there mostly, a parent where it is there usually."""
        self._count()
        found = [(whose, Gaps(b, a + b)) for a, b, whose in self.calls.values() if a >= b and whose]
        inside = [(name.service, Gaps(b, a + b)) for name, (a, b) in self.inside.items() if a >= USUAL * b]
        return added([found, inside])

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        self._count()
        calls = [[*operation, *counts, *flow] for (flow, operation), counts in sorted(self.calls.items())]
        inside = [[*operation, *counts] for operation, counts in sorted(self.inside.items())]
        return [self.hour, calls, inside]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The counts that `pack` packed; those by service alone, of release 0.1, are left out."""
        loss = cls()
        loss.hour, calls, inside = plain
        for service, kind, name, with_it, without, whose, *flow in calls:
            made = (FlowId(*flow or ("", "")), Operation(service, Kind(kind), name))
            loss.calls[made] = (with_it, without, whose)
        loss.inside = {Operation(s, Kind(k), name): (a, b) for s, k, name, a, b in filter(_is_new, inside)}
        return loss


def _is_new(entry: list[Any]) -> bool:
    return len(entry) > len(("service", "attached", "orphaned"))


def added(parts: Iterable[Iterable[tuple[str, Gaps]]]) -> dict[str, Gaps]:
    """Gaps of several parts together, by service, in the order of their names."""
    total: dict[str, Gaps] = {}
    for part in parts:
        for service, gaps in part:
            known = total.get(service, Gaps(0, 0))
            total[service] = Gaps(known.missing + gaps.missing, known.expected + gaps.expected)
    return dict(sorted(total.items()))


def rates(gaps: Mapping[str, Gaps]) -> dict[str, float]:
    """Per service the share of its spans that is lost at most, up to the next half percent.

    Of a service with too few counts to know, and of others (under ''), at least what all together lose.
    Nothing where nothing is lost.
    """
    missing = sum(each.missing for each in gaps.values())
    of_all = Gaps(missing, sum(each.expected for each in gaps.values())).most
    found = {OTHERS: of_all} | {
        service: each.most if each.expected >= ENOUGH else max(each.most, of_all)
        for service, each in gaps.items()
    }
    return (
        {service: -(-rate * 200 // 1) / 200 for service, rate in found.items()} if any(found.values()) else {}
    )


def lost_by(service: str, lost: Mapping[str, float]) -> float:
    """The share of its spans that a service loses, by what `rates` gave."""
    return lost.get(service, lost.get(OTHERS, 0.0)) if lost else 0.0
