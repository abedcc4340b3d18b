"""What an audit finds of the calls of a test run: a record for each call, and what all of a run add up to."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Self

import msgspec
import orjson

from monitor.base.run import RunKey

MOST_SERVICES, MOST_FOUND, FEW = 100, 50, 5
"""Services of a run that are counted apart, and calls that are named; of runs long ago the first few."""
OTHERS = "__overflow__"
"""The service under which the rest is counted."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the audit topic: one call of a test run, without any value.

    id: the same one whenever the record is made again. trace: its id (hex). caller, service: whose operation
    `call` it is, and who is asked, '' where nobody says; of a test's own request the caller is ''. partner:
    whether a span of who is asked arrived, None where none is due. outcome: None where nobody says how it
    ended. payload: what is recorded of it (`flows.graded`).
    """

    id: str
    environment: str
    run: str
    case: str
    trace: str
    flow: str
    caller: str
    call: str
    service: str
    partner: bool | None
    outcome: str | None
    payload: str

    def written(self) -> bytes:
        """The record as JSON, in the order of its fields."""
        return orjson.dumps(msgspec.to_builtins(self))


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some calls of a run; next: where to go on, None where nothing follows."""

    calls: tuple[CallRecord, ...] = ()
    next: int | None = None


def partition_of(run: RunKey, partitions: int) -> int:
    """The partition of the audit topic that has the calls of a run (BLAKE2b-64 of its name)."""
    digest = blake2b("\0".join(run).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % partitions


class Unaudited(msgspec.Struct, frozen=True, kw_only=True):
    """A call of which something is missing in a run: of how many of its `calls` what.

    caller, call, service: as in a `CallRecord`. trace: one of those.
    """

    flow: str
    caller: str
    call: str
    service: str
    calls: int
    unaudited: int
    partner: int
    outcome: int
    payload: int
    trace: str

    @property
    def place(self) -> tuple[int, str, str, str, str]:
        """The most calls first."""
        return (-self.unaudited, self.flow, self.caller, self.call, self.service)


class RunAudit(msgspec.Struct, frozen=True, kw_only=True):
    """What the calls of a run add up to, in a part of it or in all.

    unaudited: calls without a partner, an outcome or a payload that are due. payloads: calls by what is
    recorded of them, from nothing to the body. listed: calls that stand on the audit topic; beyond: those
    over the limit that do not. services: calls and unaudited ones of each. found: what to do something about.
    """

    calls: int = 0
    unaudited: int = 0
    payloads: tuple[int, ...] = ()
    listed: int = 0
    beyond: int = 0
    services: Mapping[str, tuple[int, int]] = {}
    found: tuple[Unaudited, ...] = ()

    @property
    def completeness(self) -> float | None:
        """Share (0..1) of the calls of which nothing is missing; None without calls."""
        return round(1 - self.unaudited / self.calls, 6) if self.calls else None

    def merge(self, other: Self) -> Self:
        """Both parts together; operands stay as they are."""
        return type(self)(
            calls=self.calls + other.calls,
            unaudited=self.unaudited + other.unaudited,
            payloads=_sums(self.payloads, other.payloads),
            listed=self.listed + other.listed,
            beyond=self.beyond + other.beyond,
            services=services_of([*self.services.items(), *other.services.items()]),
            found=the_most([*self.found, *other.found]),
        )

    def shortened(self) -> Self:
        """The same with the first few of what it names."""
        return msgspec.structs.replace(self, found=self.found[:FEW])


def _sums(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if not one or not other:
        return one or other
    return tuple([a + b for a, b in zip(one, other, strict=True)])


def services_of(parts: Iterable[tuple[str, tuple[int, int]]]) -> dict[str, tuple[int, int]]:
    """Calls and unaudited ones by service, added up; beyond the limit those that come last by name as one."""
    sums: dict[str, tuple[int, int]] = {}
    for service, (calls, unaudited) in parts:
        known = sums.get(service, (0, 0))
        sums[service] = (known[0] + calls, known[1] + unaudited)
    names = sorted(sums.keys() - {OTHERS})
    kept = {name: sums[name] for name in names[:MOST_SERVICES]}
    rest = [sums[name] for name in (*names[MOST_SERVICES:], OTHERS) if name in sums]
    return kept | ({OTHERS: (sum(a for a, _ in rest), sum(b for _, b in rest))} if rest else {})


def the_most(found: Iterable[Unaudited]) -> tuple[Unaudited, ...]:
    """Of these as many as are kept."""
    return tuple(sorted(found, key=lambda each: each.place)[:MOST_FOUND])
