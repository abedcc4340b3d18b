"""What goes to the flows topic for one source partition, and how far it is out (delivery, observer 3-5).

The rule that makes zombies harmless: a record that says low offset L to a target follows, in that target's
order, every row of that target whose fragment began below L. Hence per target: rows queue; at most one
batch is unacknowledged, and nothing newer goes out before all its records are acknowledged; if a batch is
too large for one record, only its last record says the new L, the earlier ones what was said before.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.flows.codec import decode, encode
from monitor.flows.flow import Flow, FlowId
from monitor.flows.flow import target as target_of
from monitor.flows.operation import NAMES
from monitor.flows.record import FlowRecord, Header

MAX_BYTES = 900_000
"""Largest record in bytes before compression; a single row that is larger goes out alone."""
_ROWS_AT_ONCE = 1_000
"""Rows of one record: to write them takes some 5 ms."""
_ROW_BYTES, _NODE_BYTES, _TIME_BYTES = 150, 20, 4
"""About what a row takes, each span of a shape that is new in its record, and of one that is known."""
_MAX_TARGETS_KNOWN = 50_000


class Outgoing(NamedTuple):
    """One record for partition `target` of the flows topic."""

    target: int
    value: bytes


class _Target:
    """One partition of the flows topic: what waits for it, and what it has received."""

    def __init__(self, low: int) -> None:
        self.queue: list[Flow] = []
        self.unacknowledged: list[bytes] = []
        self.said = self.before = low
        self.acknowledged: int | None = None


class Outbox:
    """Rows of one source partition on their way to `targets` partitions.

    `low` is where reading began: no row lies below it, so it is the first low offset for everybody.
    """

    def __init__(self, targets: int, low: int, max_bytes: int = MAX_BYTES) -> None:
        self._targets = [_Target(low) for _ in range(targets)]
        self._max_bytes = max_bytes
        self._homes: dict[FlowId, int] = {}

    @property
    def committable(self) -> int | None:
        """The smallest low offset that all targets acknowledged; None until each has acknowledged one."""
        lows = [each.acknowledged for each in self._targets]
        known = [low for low in lows if low is not None]
        return min(known) if len(known) == len(lows) else None

    @property
    def waits(self) -> bool:
        """Whether some target has not acknowledged everything, so that it would not receive a new header."""
        return any(each.unacknowledged for each in self._targets)

    def put(self, flows: Iterable[Flow]) -> None:
        """Queue rows for the targets that own their flows."""
        for flow in flows:
            self._targets[self._home(flow.id)].queue.append(flow)

    def take(self, header: Header, heartbeat: bool) -> Steps[list[Outgoing]]:
        """Records to send now, in this order for each target; `header.low` is the low offset to say.

        A target that has not acknowledged everything gets just that again, unchanged. The others get
        their rows; with `heartbeat`, the header even without rows.
        """
        outgoing: list[Outgoing] = []
        for place, each in enumerate(self._targets):
            if not each.unacknowledged and (each.queue or heartbeat):
                yield from self._fill(each, header)
            outgoing += [Outgoing(place, value) for value in each.unacknowledged]
        return outgoing

    def acknowledged(self, target: int) -> None:
        """The first record of `target` that was not acknowledged is safely in its log."""
        waiting = self._targets[target]
        if waiting.unacknowledged:
            waiting.unacknowledged.pop(0)
            if not waiting.unacknowledged:
                waiting.acknowledged = waiting.said

    def split(self, target: int) -> list[Flow]:
        """A broker refuses the first unacknowledged record of `target` as too large: two come in its place.

        Returns what is too large by itself. It is left out, and the low offset is said only once it is safe
        elsewhere: until then all records say what was said before them.
        """
        waiting = self._targets[target]
        record, *rest = map(decode, waiting.unacknowledged)
        middle = len(record.flows) // 2
        if middle:
            first = _saying(waiting.before, record._replace(flows=record.flows[:middle]))
            waiting.unacknowledged[:1] = [encode(first), encode(record._replace(flows=record.flows[middle:]))]
            return []
        slim = record._replace(flows=(), header=record.header and record.header._replace(runs={}))
        waiting.unacknowledged = [encode(_saying(waiting.before, each)) for each in (slim, *rest)]
        waiting.said = waiting.before
        return list(record.flows)

    def _fill(self, target: _Target, header: Header) -> Steps[None]:
        """Turn the queued rows into one batch of records. Nothing changes before the last step."""
        rows = list(target.queue)
        values: list[bytes] = []
        earlier = header._replace(low=target.said)
        batches = [*_portions(rows)][::-1]
        while batches:
            yield
            batch = batches.pop()
            value = encode(FlowRecord(header if not batches else earlier, batch, names=NAMES))
            if len(value) > self._max_bytes and len(batch) > 1:
                middle = len(batch) // 2
                batches += [batch[middle:], batch[:middle]]
            else:
                values.append(value)
        del target.queue[: len(rows)]
        target.unacknowledged = values
        target.before, target.said = target.said, header.low

    def _home(self, flow: FlowId) -> int:
        home = self._homes.get(flow)
        if home is None:
            if len(self._homes) >= _MAX_TARGETS_KNOWN:
                self._homes.clear()
            home = self._homes[flow] = target_of(flow, len(self._targets))
        return home


def _portions(rows: list[Flow]) -> Iterator[tuple[Flow, ...]]:
    """The rows in portions for about one record each, at least one portion."""
    portion: list[Flow] = []
    size, shapes = 0, set[int]()
    for row in rows:
        nodes = len(row.shape)
        size += _ROW_BYTES + nodes * (_TIME_BYTES if id(row.shape) in shapes else _NODE_BYTES)
        shapes.add(id(row.shape))
        if portion and (size > MAX_BYTES or len(portion) == _ROWS_AT_ONCE):
            yield tuple(portion)
            portion, size, shapes = [], _ROW_BYTES + nodes * _NODE_BYTES, {id(row.shape)}
        portion.append(row)
    yield tuple(portion)


def _saying(low: int, record: FlowRecord) -> FlowRecord:
    """A record that says another low offset."""
    return record._replace(header=record.header and record.header._replace(low=low))
