"""A system from a seed: two to four entries of any kind, each a few calls deep."""

from collections.abc import Callable
from random import Random

from tests.metamorphic.systems.model import (
    Action,
    Entry,
    Gateway,
    GraphQl,
    Http,
    Interface,
    Job,
    Message,
    Operation,
    Page,
    Query,
    Request,
    Rpc,
    Schedule,
    Step,
    System,
    Topic,
)
from tests.metamorphic.systems.words import Words

TRACES = (90, 130)
"""Of an entry in production: as few as a verdict can be based on."""
LEAST_ENTRIES, MOST_ENTRIES = 2, 4
DEPTH = 2
"""Requests and messages below each other."""
MOST_SPANS = 26
"""Of one run of all entries together: it bounds how long a report takes."""
VERBS = {"mongodb": ("find", "insert", "update")}
SQL = ("SELECT", "INSERT", "UPDATE")
DATABASES = ("postgresql", "mysql", "microsoft.sql_server", "mongodb")
FRAMEWORKS = ("sidekiq", "celery")


def system(seed: int) -> System:
    """The system of this seed, whatever else is drawn."""
    rng = Random(f"system {seed}")
    while True:
        drawn = _Drawer(rng).system()
        if sum(_spans(entry.operation) for entry in drawn.entries) <= MOST_SPANS:
            return drawn


def _spans(operation: Operation) -> int:
    below = (step.times * _spans_of(step.does) for step in operation.steps)
    return 1 + sum(below)


def _spans_of(action: Action) -> int:
    return 1 if isinstance(action, Query) else 1 + _spans(action.to)


class _Drawer:
    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._words = Words(rng)
        self._services = [self._words.deal("service") for _ in range(rng.randint(2, 4))]
        self._databases = {service: rng.choice(DATABASES) for service in self._services}
        self._framework = rng.choice(FRAMEWORKS)

    def system(self) -> System:
        kinds: dict[Callable[[], list[Operation]], int] = {
            self._http: 6,
            self._rpc: 3,
            self._graphql: 2,
            self._gateway: 2,
            self._jobs: 2,
            self._topic: 2,
            self._schedule: 1,
            self._page: 2,
        }
        wanted = self._rng.randint(LEAST_ENTRIES, MOST_ENTRIES)
        drawn: list[Operation] = []
        while len(drawn) < wanted:
            drawn += self._rng.choices(list(kinds), list(kinds.values()))[0]()
        return System(tuple(map(self._entry, drawn)))

    def _entry(self, operation: Operation) -> Entry:
        server = isinstance(operation.interface, Http | Rpc)
        failing = 0.1 if server and self._rng.random() < 0.3 else 0.0
        return Entry(operation, self._rng.randint(*TRACES), failing)

    def _http(self) -> list[Operation]:
        return [self._operation(self._any_service(), self._route(), DEPTH)]

    def _rpc(self) -> list[Operation]:
        return [self._operation(self._any_service(), self._method(), DEPTH)]

    def _graphql(self) -> list[Operation]:
        """Two operations behind one route."""
        service = self._any_service()
        kinds = ("query", "mutation")
        names = [GraphQl(kind, self._words.deal("noun").capitalize()) for kind in kinds]
        return [self._operation(service, name, DEPTH - 1) for name in names]

    def _gateway(self) -> list[Operation]:
        """Two routes through one proxy, which may ask an authorisation service first."""
        gateway = self._words.deal("service")
        asks = self._rng.random() < 0.5
        check = Operation(self._words.deal("service"), Http("POST", f"/{self._words.deal('noun')}"))
        first = (Step(Request(check)),) if asks else ()
        backends = [self._operation(self._any_service(), self._route(), DEPTH - 1) for _ in range(2)]
        states_path = Random(gateway).random() < 0.5
        return [
            Operation(gateway, _passing_on(backend, states_path), (*first, Step(Request(backend))))
            for backend in backends
        ]

    def _jobs(self) -> list[Operation]:
        """Two jobs of one queue that something outside the capture enqueues."""
        service = self._any_service()
        return [self._operation(service, self._job(), DEPTH - 1) for _ in range(2)]

    def _topic(self) -> list[Operation]:
        return [self._operation(self._any_service(), self._subscription(), DEPTH - 1)]

    def _schedule(self) -> list[Operation]:
        name = Schedule(f"nightly-{self._words.deal('noun')}")
        service = self._any_service()
        return [Operation(service, name, self._queries(service, self._rng.randint(1, 2)))]

    def _page(self) -> list[Operation]:
        """A page whose requests are flows, each of them."""
        requests = [self._operation(self._any_service(), self._route(), 1) for _ in range(2)]
        page = Page(f"https://www.example/{self._words.deal('noun')}")
        return [Operation(self._words.deal("service"), page, tuple(Step(Request(each)) for each in requests))]

    def _operation(self, service: str, interface: Interface, depth: int) -> Operation:
        count = self._rng.randint(1, 3 if depth == DEPTH else 2)
        steps = self._queries(service, 1) + tuple(self._step(service, depth) for _ in range(count - 1))
        return Operation(service, interface, tuple(self._rng.sample(steps, len(steps))))

    def _queries(self, service: str, count: int) -> tuple[Step, ...]:
        return tuple(Step(self._query(service)) for _ in range(count))

    def _step(self, service: str, depth: int) -> Step:
        chance = 1.0 if self._rng.random() < 0.75 else self._rng.choice((0.3, 0.5, 0.7))
        times = 1 if self._rng.random() < 0.85 else self._rng.randint(2, 3)
        return Step(self._action(service, depth), chance, times)

    def _action(self, service: str, depth: int) -> Action:
        roll = self._rng.random()
        if depth == 0 or roll < 0.3:
            return self._query(service)
        if roll < 0.7:
            interface = self._route() if self._rng.random() < 0.7 else self._method()
            return Request(self._operation(self._other_service(service), interface, depth - 1))
        work = self._job() if self._rng.random() < 0.3 else self._subscription()
        return Message(self._operation(self._other_service(service), work, depth - 1))

    def _query(self, service: str) -> Query:
        database = self._databases.get(service, "postgresql")
        return Query(database, self._rng.choice(VERBS.get(database, SQL)), self._words.deal("table"))

    def _route(self) -> Http:
        method, end = self._rng.choice((("GET", "/{id}"), ("GET", ""), ("POST", ""), ("PUT", "/{id}")))
        return Http(method, f"/{self._words.deal('noun')}{end}")

    def _method(self) -> Rpc:
        noun = self._words.deal("noun").capitalize()
        return Rpc("example.v1.Service", f"Get{noun}")

    def _job(self) -> Job:
        noun = self._words.deal("noun")
        name = f"{noun.capitalize()}Job" if self._framework == "sidekiq" else f"tasks.{noun}"
        return Job(self._framework, "default", name)

    def _subscription(self) -> Topic:
        return Topic(self._rng.choice(("kafka", "rabbitmq")), self._words.deal("topic"))

    def _any_service(self) -> str:
        return self._rng.choice(self._services)

    def _other_service(self, service: str) -> str:
        return self._rng.choice([each for each in self._services if each != service])


def _passing_on(backend: Operation, states_path: bool) -> Gateway:
    assert isinstance(backend.interface, Http)
    return Gateway(backend.interface.method, backend.interface.route if states_path else "")
