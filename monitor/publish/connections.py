"""A connection of the HTTP servers: what it waits for has a deadline, and there is always room for another.

Uvicorn bounds neither how long a request may take to arrive nor how long a client may take to read the
answer, so that a few hundred half-sent requests, held open, would keep everybody else out.
"""

import asyncio
from collections.abc import Mapping
from enum import Enum, auto
from typing import ClassVar, cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class Waits(Enum):
    """What a connection waits for: a whole request, body too; its answer to be made and taken; or nothing."""

    REQUEST = auto()
    ANSWER = auto()
    NOTHING = auto()


class Connection(H11Protocol):
    """One connection with its deadline; all connections of a server share the limit of their number."""

    most: ClassVar[int] = 64
    """At once. One more closes the one that has waited longest; those with an answer to come go last."""

    seconds: ClassVar[Mapping[Waits, float]] = {Waits.REQUEST: 10, Waits.ANSWER: 60, Waits.NOTHING: 75}
    """How long a connection may wait; between two requests longer than proxies do (60 s)."""

    _waits: Waits
    _since: float
    _deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Uvicorn's, and the first deadline."""
        super().connection_made(transport)
        self._wait_for(Waits.REQUEST)
        self._make_room()

    def data_received(self, data: bytes) -> None:
        """Uvicorn's, and the deadline of what has begun."""
        super().data_received(data)
        now = self._now()
        self._go_on(Waits.REQUEST if now is Waits.NOTHING else now)

    def on_response_complete(self) -> None:
        """Uvicorn's, and what follows from it."""
        super().on_response_complete()
        self._go_on(self._now())

    def resume_writing(self) -> None:
        """Uvicorn's, and what follows from it."""
        super().resume_writing()
        self._go_on(self._now())

    def connection_lost(self, exc: Exception | None) -> None:
        """Uvicorn's, and no deadline any more."""
        super().connection_lost(exc)
        self._deadline.cancel()

    def _now(self) -> Waits:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.more_body:
            return Waits.REQUEST
        taken = cycle.response_complete and not self.flow.write_paused
        return Waits.NOTHING if taken else Waits.ANSWER

    def _go_on(self, waits: Waits) -> None:
        """The same wait keeps its deadline, however many bytes come."""
        if waits is not self._waits:
            self._deadline.cancel()
            self._wait_for(waits)

    def _wait_for(self, waits: Waits) -> None:
        self._waits, self._since = waits, self.loop.time()
        self._deadline = self.loop.call_later(self.seconds[waits], self.end)

    def end(self) -> None:
        """Close at once and without an answer: whoever is late does not read one either."""
        self.connections.discard(self)
        self.transport.abort()

    def _make_room(self) -> None:
        if len(self.connections) > self.most:
            others = cast("set[Connection]", self.connections - {self})
            min(others, key=Connection.rank).end()

    def rank(self) -> tuple[bool, float]:
        """The smaller, the sooner it makes room."""
        return self._waits is Waits.ANSWER, self._since
