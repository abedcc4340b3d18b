"""Coverage per release: the flows that are new or changed with it, and which of those tests exercise.

A release is a service with its `service.version`. A flow is new with the release with which production had it
first, if at its present rate production would have shown it before; a flow has changed with the release with
which its calls became other ones (`drift.moved`), and is tested once tests have had it since.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from monitor.base.units import HOUR_MS, LogTime
from monitor.drift.records.sums import ReleaseSums

MOST_RELEASES = 50
"""At most this many are kept, the latest ones."""
LISTED = 20
"""Of flows without a test at most this many are named per release, the busiest first."""
EXPECTED = 5
"""A flow is new if, at its present rate, production would have shown it this often before the release."""


class Birth(NamedTuple):
    """With which release ('' if none is stated) and at which log time production had a flow first."""

    release: str
    at: LogTime


class Change(NamedTuple):
    """With which release and when the calls of a flow became other ones; tested: since then."""

    release: str
    at: LogTime
    tested: bool


class FlowHistory(NamedTuple):
    """A flow, its traces and weight (1/1024) in production, and what releases changed of it."""

    flow: str
    traces: int
    weight: int
    tested: bool
    birth: Birth | None
    changes: Sequence[Change]


def releases_of(flows: Sequence[FlowHistory], now: LogTime) -> tuple[ReleaseSums, ...]:
    """The releases of a partition with new or changed flows; now: clock of production (log time, ms)."""
    births = [(flow, flow.birth) for flow in flows if flow.birth is not None]
    begin = min((birth.at for _, birth in births), default=now)
    since: dict[str, LogTime] = {}
    for _, birth in births:
        since[birth.release] = min(birth.at, since.get(birth.release, birth.at))
    new = [
        _one(birth.release, since[birth.release], flow, is_new=True, tested=flow.tested)
        for flow, birth in births
        if birth.release and _would_have_shown(flow, birth, since[birth.release] - begin, now)
    ]
    changed = (
        _one(change.release, change.at, flow, is_new=False, tested=change.tested)
        for flow in flows
        for change in flow.changes
        if change.release
    )
    return together([*new, *changed])


def _would_have_shown(flow: FlowHistory, birth: Birth, before_ms: int, now: LogTime) -> bool:
    """Whether a flow, as often as it comes, would have come in the time before the release."""
    return flow.traces * before_ms >= EXPECTED * max(now - birth.at, HOUR_MS)


def _one(release: str, since: LogTime, flow: FlowHistory, *, is_new: bool, tested: bool) -> ReleaseSums:
    missing = () if tested else ((flow.flow, flow.weight),)
    return ReleaseSums(
        release=release,
        since=since,
        new=int(is_new),
        changed=int(not is_new),
        tested=int(tested),
        missing=missing,
    )


def together(parts: Iterable[ReleaseSums]) -> tuple[ReleaseSums, ...]:
    """The same releases of all parts added up, the latest first."""
    by_name: dict[str, list[ReleaseSums]] = {}
    for part in parts:
        by_name.setdefault(part.release, []).append(part)
    latest = sorted(map(_added, by_name.values()), key=lambda each: (-each.since, each.release))
    return tuple(latest[:MOST_RELEASES])


def _added(parts: Sequence[ReleaseSums]) -> ReleaseSums:
    missing = dict(_named(parts))
    return ReleaseSums(
        release=parts[0].release,
        since=min(part.since for part in parts),
        new=sum(part.new for part in parts),
        changed=sum(part.changed for part in parts),
        tested=sum(part.tested for part in parts),
        missing=tuple(sorted(missing.items(), key=lambda each: (-each[1], each[0]))[:LISTED]),
    )


def _named(parts: Iterable[ReleaseSums]) -> Iterator[tuple[str, int]]:
    for part in parts:
        yield from part.missing
