"""Telemetry with a canary in every place that can hold one, in every encoding.

    for record in records("otlp_proto"): ...

Each value comes on an entry and on calls of it, of every kind and beside the attributes that give it a
meaning, so that whatever reads it does so.
"""

from collections.abc import Iterator, Sequence

from monitor.wire.attribution import CASE_ATTRIBUTES, RUN_ATTRIBUTES, Attribution, AttributionSettings
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.canaries import LITERALS, SECRETS, SENTENCES, TOKENS, Planted, planted
from tests.factories import EPOCH, span_id, trace_id
from tests.unit.wire.encoders import records
from tests.unit.wire.requests import Values, request, sent

IDENTIFIERS = (*RUN_ATTRIBUTES, *CASE_ATTRIBUTES, "service.version", "vcs.ref.head.revision")
"""What is told apart by ids: no form of them is a value, but for what gives access or names a person."""

PEOPLE = (
    "service.name",
    "service.namespace",
    "service.instance.id",
    "deployment.environment.name",
    "deployment.environment",
    "k8s.namespace.name",
    "cicd.pipeline.name",
    "test.suite.name",
    "vcs.ref.head.name",
    "http.route",
    "url.template",
)
"""Names that people chose: words, numbers and quoted text of them stay, ids and secrets do not."""

CODES = (
    "http.response.status_code",
    "http.status_code",
    "rpc.status_code",
    "rpc.response.status_code",
    "rpc.grpc.status_code",
    "http.request.method",
    "http.method",
)
"""What has a few values: a word that is none of them is not kept either."""

TYPES = ("error.type", "db.system.name", "messaging.operation.type")
"""What is one word: a sentence is not kept."""

STRANGERS = (
    "enduser.id",
    "user.email",
    "http.request.header.authorization",
    "http.request.header.cookie",
    "http.request.header.x-api-key",
    "http.request.header.x-of-nobody",
    "rpc.grpc.request.metadata.authorization",
    "messaging.header.authorization",
    "tls.client.subject",
    "tls.client.certificate",
    "user.id",
    "http.request.body.content",
    "http.response.body.content",
    "url.query",
    "db.query.parameter.0",
    "exception.message",
    "exception.stacktrace",
    "messaging.message.id",
    "messaging.message.body",
    "messaging.event.name",
    "messaging.shop.job_class",
    "feature_flag.result.value",
    "test.parameter",
    "a name of nobody",
)
"""Attributes that mean nothing here, or have a meaning by their form."""

STATED = (
    "host.name",
    "host.arch",
    "process.command_line",
    "process.runtime.name",
    "process.runtime.version",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
    "cloud.region",
    "cloud.availability_zone",
    "cloud.platform",
    "container.image.name",
    "container.image.tag",
    "k8s.container.memory.limit",
)
"""What a process says of itself: words that people chose stay, whatever they are."""

FLAG = ("feature_flag.key", "feature_flag.result.variant")
"""Words that people chose, too."""

BESIDE: tuple[Values, ...] = (
    {},
    {"http.request.method": "POST"},
    {"db.system.name": "postgresql"},
    {"messaging.system": "sidekiq"},
    {"rpc.system.name": "grpc"},
    {"feature_flag.key": "new", "feature_flag.result.variant": "on"},
)
KINDS = (Kind.SERVER, Kind.CLIENT, Kind.PRODUCER, Kind.CONSUMER, Kind.INTERNAL)
NAME, SCOPE = "the name of the span", "the name of the scope"
ALL = TOKENS | SECRETS | LITERALS


def attributes() -> list[Planted]:
    """What stands in attributes of spans."""
    known = Attribution(AttributionSettings()).vocabulary.names
    others = [name for name in (*known, *STRANGERS) if name not in (*IDENTIFIERS, *PEOPLE)]
    values = [*planted(IDENTIFIERS, SECRETS), *planted(PEOPLE, TOKENS | SECRETS), *planted(others, ALL)]
    return [*values, *planted(CODES, SENTENCES), *planted(TYPES, {"sentence": SENTENCES["sentence"]})]


def resources() -> list[Planted]:
    """What stands in attributes of resources."""
    people = [name for name in PEOPLE if not name.startswith(("http", "url"))]
    return [
        *planted((f"resource {name}" for name in IDENTIFIERS), SECRETS),
        *planted((f"resource {name}" for name in people), TOKENS | SECRETS),
        *planted((f"resource {name}" for name in STATED), ALL),
    ]


def spans(made: Planted, number: int) -> list[OutgoingSpan]:
    """A trace whose entry and two calls have a value in one of their attributes, or as their names."""
    (place, _), value = made
    trace = []
    for position in range(3):
        beside = BESIDE[(number + position) % len(BESIDE)]
        given = {} if place.startswith("resource ") or place in (NAME, SCOPE) else {place: value}
        kind = Kind.SERVER if position == 0 else KINDS[(number // len(BESIDE) + position) % len(KINDS)]
        trace.append(
            sent(
                trace_id=trace_id(number),
                span_id=span_id(10 * number + position),
                parent_id=span_id(10 * number) if position else b"",
                name=value if place == NAME else "work",
                kind=kind,
                start=EPOCH + number * 1_000_000,
                end=EPOCH + number * 1_000_000 + 900_000,
                attributes={**beside, **given},
            )
        )
    return trace


def resource_of(made: Planted, environment: str) -> dict[str, str]:
    """The resource of its spans, with a value where it belongs there."""
    (place, _), value = made
    own = {place.removeprefix("resource "): value} if place.startswith("resource ") else {}
    run = {} if environment == "production" else {"cicd.pipeline.run.id": "ci-1"}
    return {"service.name": "shop", "deployment.environment.name": environment, **run, **own}


def everything() -> list[Planted]:
    """All values of all places."""
    return [*attributes(), *resources(), *planted([NAME], ALL), *planted([SCOPE], TOKENS | SECRETS)]


def payloads(encoding: str, values: Sequence[Planted], environment: str, first: int) -> Iterator[bytes]:
    """The records that carry these values, in traces from number `first` on."""
    for number, made in enumerate(values, first):
        scope = made.value if made.at[0] == SCOPE else "http"
        yield from records(encoding, spans(made, number), resource_of(made, environment), scope)


def beside_names(first: int) -> Iterator[bytes]:
    """OTLP requests with values where no attribute is: events, links, status, scope, trace state."""
    places = ("event", "link", "status", "scope attribute", "trace state", "schema", "array", "bytes")
    for number, ((_, shape), value) in enumerate(planted(places, ALL | SENTENCES), first):
        made = request(spans(Planted(("", ""), ""), number))
        scope = made.resource_spans[0].scope_spans[0]
        scope.schema_url = made.resource_spans[0].schema_url = value
        scope.scope.version = value
        scope.scope.attributes.add(key="scope").value.string_value = value
        for span in scope.spans:
            span.status.code, span.status.message = 2, value  # type: ignore[assignment]
            span.trace_state = f"vendor={value},ot=th:{value}"
            event = span.events.add(name=value)
            for name in ("exception.message", *(() if shape in SENTENCES else FLAG)):
                event.attributes.add(key=name).value.string_value = value
            span.links.add(trace_id=trace_id(number), span_id=b"linked!!", trace_state=value)
            for name in ("error.type", "db.statement", "messaging.destination.name"):
                span.attributes.add(key=name).value.array_value.values.add().string_value = value
                span.attributes.add(key=name).value.bytes_value = value.encode()
            span.attributes.add(key=value).value.string_value = value
            span.attributes.add(key=f"http.request.header.{value}").value.string_value = value
            header = span.attributes.add(key="http.request.header.authorization").value.array_value
            header.values.add().string_value = value
        yield made.SerializeToString()
