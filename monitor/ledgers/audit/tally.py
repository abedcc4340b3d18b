"""The calls of one run that goes on, by kind of call: what its audit adds up to once it is over."""

from typing import Any, Self

from monitor.drift.records.audit import RunAudit, Unaudited, services_of, the_most
from monitor.flows.graded import Payload
from monitor.ledgers.audit.calls import OUTCOME, PARTNER, PAYLOAD, Call, Called

MOST_CALLS = 1_000
"""Kinds of calls of one run that are counted apart in a shard; the rest is one."""
REST = Called("", "", "", "")
_EACH = 1 + (PARTNER | OUTCOME | PAYLOAD)
"""What a call may lack, and that it lacks nothing."""
_NO_TRACE = (-1, "")


class CallTally:
    """Counts of the calls of a run.

    counts: per kind of call, how many lack what, by the bits of it. traces: of the first that lacks most,
    with how many of partner and outcome it lacks (hex). payloads: calls by `Payload`. listed, beyond: calls
    within, and over, the limit of what is published.
    """

    __slots__ = ("beyond", "counts", "listed", "payloads", "traces")

    def __init__(self) -> None:
        self.counts: dict[Called, list[int]] = {}
        self.traces: dict[Called, tuple[int, str]] = {}
        self.payloads = [0] * len(Payload)
        self.listed = self.beyond = 0

    def observe(self, call: Call, trace: str) -> None:
        """Count a call of a trace."""
        called = call.called
        if called not in self.counts and len(self.counts) >= MOST_CALLS:
            called = REST
        lacks = call.lacks
        self.counts.setdefault(called, [0] * _EACH)[lacks] += 1
        self.payloads[call.payload] += 1
        worse = (lacks & (PARTNER | OUTCOME)).bit_count()
        if lacks and worse > self.traces.get(called, _NO_TRACE)[0]:
            self.traces[called] = (worse, trace)

    def audit(self) -> RunAudit:
        """What the calls so far add up to."""
        found = [self._found(called, counts) for called, counts in self.counts.items()]
        return RunAudit(
            calls=sum(each.calls for each in found),
            unaudited=sum(each.unaudited for each in found),
            payloads=tuple(self.payloads),
            listed=self.listed,
            beyond=self.beyond,
            services=services_of(
                (each.service or each.caller, (each.calls, each.unaudited)) for each in found
            ),
            found=the_most(each for each in found if each.unaudited),
        )

    def _found(self, called: Called, counts: list[int]) -> Unaudited:
        """A kind of call. A payload is due where other calls of its kind have one."""
        due = any(n for lacks, n in enumerate(counts) if not lacks & PAYLOAD)
        seen = PARTNER | OUTCOME | (PAYLOAD if due else 0)

        def without(what: int) -> int:
            return sum(n for lacks, n in enumerate(counts) if lacks & what & seen)

        return Unaudited(
            **called._asdict(),
            calls=sum(counts),
            unaudited=without(seen),
            partner=without(PARTNER),
            outcome=without(OUTCOME),
            payload=without(PAYLOAD),
            trace=self.traces.get(called, _NO_TRACE)[1],
        )

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        counts = [[*called, *of, *self.traces.get(called, _NO_TRACE)] for called, of in self.counts.items()]
        return [counts, self.payloads, self.listed, self.beyond]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The tally that `pack` packed."""
        tally = cls()
        counts, tally.payloads, tally.listed, tally.beyond = plain
        for flow, caller, call, service, *of, worse, trace in counts:
            called = Called(flow, caller, call, service)
            tally.counts[called] = of
            if trace:
                tally.traces[called] = (worse, trace)
        return tally
