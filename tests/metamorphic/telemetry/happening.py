"""What happens when an operation is asked: its spans, with chance drawn and every duration invented."""

from collections.abc import Iterator
from random import Random

from tests.metamorphic.systems.model import (
    Action,
    GraphQl,
    Message,
    Operation,
    Query,
    Request,
    Step,
)
from tests.metamorphic.telemetry import semantics
from tests.metamorphic.telemetry.semantics import Face
from tests.metamorphic.telemetry.spans import Span

MICROSECOND = 1_000
MILLISECOND = 1_000 * MICROSECOND
ERROR = 500


class Happening:
    """Runs operations; every draw comes from `rng`, so equal generators give equal spans."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def run(self, operation: Operation, at: int, *, fails: bool = False) -> Span:
        """The spans of one run that begins `at` (ns); one that fails ends after its first step."""
        status = ERROR if fails else 200
        steps = operation.steps[:1] if fails else operation.steps
        begin = at + self._some(200)
        graphql = operation.interface if isinstance(operation.interface, GraphQl) else None
        below = tuple(self._steps(operation, steps, begin + (self._some(100) if graphql else 0)))
        if graphql:
            below = (self._span(operation.service, semantics.graphql(graphql), begin, below),)
        face = semantics.server(operation, self._rng, status)
        return self._span(operation.service, face, at, below, failed=fails)

    def _steps(self, caller: Operation, steps: tuple[Step, ...], at: int) -> Iterator[Span]:
        for step in steps:
            if step.chance == 1.0 or self._rng.random() < step.chance:
                for _ in range(step.times):
                    span = self._action(caller.service, step.does, at)
                    yield span
                    at = span.end + self._some(300)

    def _action(self, service: str, action: Action, at: int) -> Span:
        match action:
            case Query():
                return self._span(service, semantics.query(action), at, ())
            case Request(to, answered):
                below = (self.run(to, at + self._some(400)),) if answered else ()
                return self._span(service, semantics.client(to, self._rng), at, below)
            case Message(to, consumed):
                sent = self._span(service, semantics.client(to, self._rng), at, ())
                taken = (self.run(to, sent.end + self._some(20_000)),) if consumed else ()
                return sent._replace(children=taken)

    def _span(
        self, service: str, face: Face, at: int, below: tuple[Span, ...], *, failed: bool = False
    ) -> Span:
        """A span that ends a little after all that it waits for."""
        waited = max((child.end for child in below), default=at)
        end = waited + self._some(2_000)
        identity = self._rng.getrandbits(64) | 1
        return Span(
            identity,
            service,
            face.kind,
            face.name,
            face.attributes,
            at,
            end - at,
            below,
            failed,
            (),
            face.scope,
        )

    def _some(self, most: int) -> int:
        """Between a half and the whole of so many microseconds, in ns."""
        return int(most * MICROSECOND * (0.5 + 0.5 * self._rng.random()))
