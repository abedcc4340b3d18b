"""What a request makes happen in a shop, as spans: branches, failures, retries and times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.systems import model as plain
from tests.metamorphic.systems.model import GraphQl, Query
from tests.metamorphic.telemetry import semantics
from tests.metamorphic.telemetry.semantics import Face
from tests.metamorphic.telemetry.spans import NONE, Attributes, Span
from tests.shop.faces import answer, identity, process
from tests.shop.model import EDGE, Message, Operation, Request, Service, Step

MILLISECOND = 1_000_000
OK, INVALID, FAILED, UNAVAILABLE = 200, 400, 500, 503
QUERY_MS, LINK_MS, QUEUE_MS = 2.0, 0.5, 10.0
SCATTER = 0.4
"""Standard deviation of the logarithm of every time."""


@dataclass(frozen=True)
class Asked:
    """What decides how a request goes: branches taken, how it ends, values it carries."""

    taken: frozenset[str] = frozenset()
    status: int = OK
    values: Attributes = field(default_factory=dict)


@dataclass
class Machines:
    """Where a shop runs; speed: factor of every time; of: the services by name."""

    services: Mapping[str, Service]
    rng: Random
    speed: float = 1.0
    _processes: dict[tuple[str, int], Attributes] = field(default_factory=dict)

    def process(self, service: str) -> Attributes:
        """What the process says of itself that happens to answer: one object per process."""
        known = self.services.get(service)
        replica = self.rng.randrange(known.replicas) if known else 0
        key = (service, replica)
        if key not in self._processes:
            self._processes[key] = process(known, replica) if known else NONE
        return self._processes[key]

    def took(self, median_ms: float) -> int:
        """A time in ns."""
        return int(self.rng.lognormvariate(0.0, SCATTER) * median_ms * self.speed * MILLISECOND)


class Happening:
    """Runs operations on machines."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._rng = machines.rng

    def run(self, operation: Operation, at: int, asked: Asked, *, depth: int = 0) -> Span:
        """The spans of one run that begins `at` (ns since the epoch)."""
        passes = operation.service == EDGE
        before = self._machines.took(operation.own_ms / 2)
        begin = at + before
        steps = operation.steps if asked.status == OK or passes else operation.steps[: asked.status == FAILED]
        below = tuple(self._steps(operation, steps, begin, asked))
        face = self._face(operation, asked, depth)
        if isinstance(operation.interface, GraphQl):
            below = (
                self._ending(operation.service, semantics.graphql(operation.interface), begin, below, 0.2),
            )
        return self._ending(operation.service, face, at, below, operation.own_ms / 2, asked.status >= FAILED)

    def _face(self, operation: Operation, asked: Asked, depth: int) -> Face:
        face = semantics.server(shown(operation.service, operation.interface), self._rng, asked.status)
        said = identity(operation.auth, verified=True) if face.kind is Kind.SERVER else NONE
        more = {**said, **answer(operation, asked.status)}
        service = self._machines.services.get(operation.service)
        for key, variant in service.flags if service else ():
            more |= {"feature_flag.key": key, "feature_flag.result.variant": variant}
        values = asked.values if depth == 0 else NONE
        return face._replace(attributes={**face.attributes, **more, **values}) if more or values else face

    def _steps(self, caller: Operation, steps: tuple[Step, ...], at: int, asked: Asked) -> Iterator[Span]:
        beside = at
        for number, step in enumerate(steps):
            if step.when and (step.when.branch in asked.taken) != step.when.taken:
                continue
            if not step.beside:
                beside = at
            begin = beside
            last = caller.service == EDGE and number == len(steps) - 1
            for span in self._times(caller, step, begin, asked if last else _inner(asked)):
                yield span
                at = max(at, span.end + self._machines.took(0.1))

    def _times(self, caller: Operation, step: Step, at: int, asked: Asked) -> Iterator[Span]:
        for _ in range(step.times):
            if step.retried and self._rng.random() < step.retried:
                refused = self._action(caller.service, step, at, Asked(status=UNAVAILABLE))
                yield refused
                at = refused.end
            span = self._action(caller.service, step, at, asked)
            yield span
            at = span.end

    def _action(self, service: str, step: Step, at: int, asked: Asked) -> Span:
        match step.does:
            case Query() as query:
                return self._ending(service, semantics.query(query), at, (), QUERY_MS * step.slower)
            case Request():
                return self._request(service, step, at, asked)
            case Message(to, consumed):
                face = semantics.client(shown(to.service, to.interface), self._rng)
                sent = self._ending(service, face, at, (), 0.5)
                later = sent.end + self._machines.took(QUEUE_MS)
                taken = (self.run(to, later, _inner(asked), depth=1),) if consumed else ()
                return sent._replace(children=taken)

    def _request(self, service: str, step: Step, at: int, asked: Asked) -> Span:
        request = step.does
        assert isinstance(request, Request)
        to = request.to
        face = semantics.client(shown(to.service, to.interface), self._rng, asked.status)
        attributes = {**face.attributes, **identity(request.auth)}
        if request.host:
            attributes = {
                name: value.replace(to.service, request.host) if isinstance(value, str) else value
                for name, value in attributes.items()
            }
        face = face._replace(attributes=attributes)
        own = LINK_MS if self._observed(request) else to.own_ms * step.slower
        begin = at + self._machines.took(LINK_MS)
        answered = (self.run(to, begin, asked, depth=1),) if self._observed(request) else ()
        if answered and step.slower != 1.0:
            answered = (_longer(answered[0], step.slower),)
        failed = asked.status >= INVALID
        return self._ending(service, face, at, answered, own, failed)

    def _observed(self, request: Request) -> bool:
        return request.answered and request.to.service in self._machines.services

    def _ending(
        self, service: str, face: Face, at: int, below: tuple[Span, ...], own_ms: float, failed: bool = False
    ) -> Span:
        """A span that ends a little after all that it waits for: messages are not waited for."""
        end = max((child.end for child in below), default=at) + self._machines.took(own_ms)
        return Span(
            self._rng.getrandbits(64) | 1,
            service,
            face.kind,
            face.name,
            face.attributes,
            at,
            end - at,
            below,
            failed,
            scope=face.scope,
            resource=self._machines.process(service),
        )


def _inner(asked: Asked) -> Asked:
    return asked if asked.status == OK else Asked(asked.taken)


def _longer(span: Span, factor: float) -> Span:
    """The span with its own time multiplied: what it waits for takes as long as before."""
    own = span.duration - sum(child.duration for child in span.children if child.start < span.end)
    return span._replace(duration=span.duration + int((factor - 1.0) * own))


@lru_cache(maxsize=4096)
def shown(service: str, interface: plain.Interface) -> plain.Operation:
    """The operation as `semantics` takes it."""
    return plain.Operation(service, interface)
