"""What operations of a drawn shop do: queries, cached reads, requests, messages, jobs."""

from collections.abc import Callable, Sequence
from random import Random

from tests.metamorphic.systems.model import Http, Interface, Job, Query, Rpc, Topic
from tests.shop.model import Message, Operation, Request, Step, When

DATABASES = ("postgresql", "mysql", "mongodb")
VERBS = {"mongodb": {"SELECT": "find", "INSERT": "insert", "UPDATE": "update"}}
RETRIED = 0.01


class Steps:
    """Draws steps; name: deals a name that nothing else has."""

    def __init__(self, rng: Random, services: Sequence[str], name: Callable[[], str]) -> None:
        self._rng = rng
        self._services = services
        self._name = name
        self._databases = {service: rng.choice(DATABASES) for service in services}
        self._queue = rng.choice((("sidekiq", "default"), ("celery", "celery")))

    def query(self, service: str, verb: str) -> Query:
        """A statement on the service's database."""
        database = self._databases.get(service, "postgresql")
        return Query(database, VERBS.get(database, {}).get(verb, verb), self._name().replace("-", "_"))

    def cached(self, service: str) -> Query:
        """A look into the cache."""
        return Query("redis", "GET", f"{service}_cache")

    def route(self, method: str) -> Http:
        """A route; reads name an id."""
        return Http(method, f"/{self._name()}" + ("/{id}" if method != "POST" else ""))

    def method(self) -> Rpc:
        """A gRPC method."""
        return Rpc("shop.v1.Service", "Get" + "".join(map(str.capitalize, self._name().split("-"))))

    def reading(self, service: str) -> Operation:
        """An inner operation that reads."""
        interface = self.method() if self._rng.random() < 0.5 else self.route("GET")
        return Operation(
            service, interface, (Step(self.query(service, "SELECT")),), own_ms=self._own(), auth="mtls"
        )

    def serving(self, interface: Interface, auth: str, service: str = "") -> Operation:
        """An entry that reads or writes, asks up to two services, one of them perhaps by a branch."""
        service = service or self._rng.choice(self._services)
        steps = [Step(self.query(service, self._rng.choice(("SELECT", "INSERT"))))]
        for _ in range(self._rng.randint(0, 2)):
            to = self.reading(self._rng.choice([each for each in self._services if each != service]))
            branch = When(self._name()) if self._rng.random() < 0.3 else None
            steps.append(Step(Request(to, "mtls"), branch, retried=RETRIED))
        if self._rng.random() < 0.3:
            steps.append(Step(Message(self.consumer(1) if self._rng.random() < 0.6 else self.job())))
        return Operation(service, interface, tuple(steps), self._own(), auth)

    def consumer(self, writes: int) -> Operation:
        """What takes a message of a topic of its own."""
        topic = Topic(self._rng.choice(("kafka", "rabbitmq")), f"{self._name()}-events")
        return self._worker(topic, writes)

    def job(self) -> Operation:
        """A job of the shop's one queue."""
        framework, queue = self._queue
        return self._worker(
            Job(framework, queue, "".join(map(str.capitalize, self._name().split("-"))) + "Job"), 1
        )

    def _worker(self, interface: Interface, writes: int) -> Operation:
        service = self._rng.choice(self._services)
        steps = tuple(Step(self.query(service, "INSERT")) for _ in range(writes))
        return Operation(service, interface, steps, self._own())

    def _own(self) -> float:
        return self._rng.choice((1.0, 2.0, 4.0, 8.0))
