"""The documents in which spans come beside the records of a topic: the same spans, whatever is around."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.recognise import encoding_of
from monitor.wire.span import Kind, Span
from tests.strategies import outgoing
from tests.unit.wire.jaeger_records import jaeger_json, jaeger_page
from tests.unit.wire.requests import as_json, plain, request, sent
from tests.unit.wire.zipkin_records import RECORDS, described

SHOP = {"service.name": "shop", "k8s.namespace.name": "a"}
Document = Any


def read(document: Document) -> list[Span]:
    """The spans of a document in whichever encoding it is recognised."""
    payload = json.dumps(document).encode()
    return Decoder(AttributionSettings()).decode(payload, encoding_of(payload))


def snake(value: Any) -> Any:
    """A document with its names in snake case."""
    if isinstance(value, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in name): snake(v)
            for name, v in value.items()
        }
    return [snake(each) for each in value] if isinstance(value, list) else value


def of_libraries(document: Document) -> Document:
    """A request of the time before scopes."""
    old = {"scopeSpans": "instrumentationLibrarySpans", "scope": "instrumentationLibrary"}
    text = json.dumps(document)
    for new, name in old.items():
        text = text.replace(f'"{new}":', f'"{name}":')
    return json.loads(text)


def halves(document: Document) -> tuple[Document, Document]:
    """A request as two: its resources, and one without any."""
    return {"resourceSpans": document["resourceSpans"]}, {"resourceSpans": []}


OTLP: dict[str, Callable[[Document], Document]] = {
    "a list of requests": lambda request: list(halves(request)),
    "Tempo's trace": lambda request: {"batches": request["resourceSpans"]},
    "Tempo's trace of version 2": lambda request: {"trace": request, "metrics": {"inspectedBytes": "7"}},
    "the same with batches": lambda request: {"trace": {"batches": request["resourceSpans"]}},
    "Jaeger's trace of version 3": lambda request: {"result": request},
    "one resource": lambda request: request["resourceSpans"][0],
    "a list of resources": lambda request: request["resourceSpans"],
    "snake case": snake,
    "libraries": of_libraries,
    "libraries in snake case": lambda request: snake(of_libraries(request)),
    "Tempo's trace in snake case": lambda request: snake({"batches": request["resourceSpans"]}),
}


@pytest.mark.parametrize("layout", OTLP)
@given(spans=st.lists(outgoing(), min_size=1, max_size=3), scope=st.sampled_from(("", "http")))
def test_otlp(layout: str, spans: list[OutgoingSpan], scope: str) -> None:
    """Every layout of OTLP/JSON gives the spans of the request that is in it."""
    document = json.loads(as_json(request(spans, SHOP, scope)))
    assert plain(read(OTLP[layout](document))) == plain(read(document))


@pytest.mark.parametrize(
    ("status", "partial"), [("PARTIAL", True), (1, True), ("COMPLETE", False), (0, False), (None, False)]
)
def test_a_trace_that_tempo_returned_in_part(status: object, partial: bool) -> None:
    """Its spans say so, and are counted; in a list of answers each speaks for itself."""
    document = json.loads(as_json(request([sent(1), sent(2, parent=1)])))
    decoder = Decoder(AttributionSettings())
    answers = [{"trace": document, "status": status}, {"trace": document}]
    spans = decoder.decode(json.dumps(answers).encode(), "otlp_json")
    assert [span.facts.partial for span in spans] == [partial, partial, False, False]
    assert decoder.tally.partial == 2 * partial


def of_page(spans: list[OutgoingSpan]) -> Any:
    return json.loads(jaeger_page(spans, SHOP, "http")[0])


def stored(spans: list[OutgoingSpan]) -> list[Any]:
    """Spans as Jaeger stores them, each with its process."""
    (trace,) = of_page(spans)["data"]
    return [span | {"process": trace["processes"]["p1"]} for span in trace["spans"]]


def of_model(spans: list[OutgoingSpan]) -> list[Any]:
    return [json.loads(each) for each in jaeger_json(spans, SHOP, "http")]


JAEGER_PAGE: dict[str, Callable[[list[OutgoingSpan]], Document]] = {
    "a trace": lambda spans: of_page(spans)["data"][0],
    "a list of traces": lambda spans: of_page(spans)["data"],
    "stored spans": stored,
    "a search in Elasticsearch": lambda spans: {"hits": {"hits": [{"_source": s} for s in stored(spans)]}},
}
JAEGER_MODEL: dict[str, Callable[[list[OutgoingSpan]], Document]] = {
    "a part of an answer": lambda spans: {"spans": of_model(spans)},
    "a list of spans": of_model,
    "a batch": lambda spans: {
        "batch": {
            "spans": [{k: v for k, v in each.items() if k != "process"} for each in of_model(spans)],
            "process": of_model(spans)[0]["process"],
        }
    },
}
NAMED = [
    sent(1, name="GET /a", attributes={"http.route": "/a"}),
    sent(2, parent=1, name="b", kind=Kind.CLIENT),
]


@pytest.mark.parametrize("layout", JAEGER_PAGE)
def test_jaeger_page(layout: str) -> None:
    """Every layout with spans of Jaeger's page gives the spans of its export."""
    assert plain(read(JAEGER_PAGE[layout](NAMED))) == plain(read(of_page(NAMED)))


@pytest.mark.parametrize("layout", JAEGER_MODEL)
def test_jaeger_model(layout: str) -> None:
    """Every layout with spans of Jaeger's model gives the spans of the records."""
    assert plain(read(JAEGER_MODEL[layout](NAMED))) == plain([read(each)[0] for each in of_model(NAMED)])


def test_jaeger_tags_as_fields() -> None:
    """Elasticsearch may hold tags as fields, with another character for dots."""
    (span,) = stored(NAMED[:1])
    fields = {tag["key"].replace(".", "@"): tag["value"] for tag in span["tags"]}
    assert plain(read(span | {"tags": [], "tag": fields})) == plain(read(span))


def of_zipkin(spans: list[OutgoingSpan]) -> list[Any]:
    found: list[Any] = json.loads(RECORDS["zipkin_json"](described(span, SHOP, "") for span in spans))
    return found


def test_zipkin() -> None:
    """A list of traces gives their spans in order, and a span alone itself."""
    first, second = of_zipkin(NAMED)
    assert plain(read([[first], [second]])) == plain(read([first, second]))
    assert plain(read(second)) == plain(read([second]))


def test_enums_by_name() -> None:
    """Kinds and states are taken as numbers, as their names, and without the prefix of those."""
    for kind, code in (
        (2, 2),
        ("SPAN_KIND_SERVER", "STATUS_CODE_ERROR"),
        ("server", "ERROR"),
        ("2", "2"),
    ):
        document = json.loads(as_json(request([sent()])))
        span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
        span |= {"kind": kind, "status": {"code": code}}
        assert [(s.facts.kind, s.facts.error) for s in read(document)] == [(Kind.SERVER, True)]


@pytest.mark.parametrize(
    "document",
    [
        [json.loads(as_json(request([sent()]))), {"note": "no request"}],
        [of_page(NAMED)["data"][0], {"note": "no trace"}],
        {"trace": {"trace": {"trace": {"resourceSpans": []}}}},
        {"batches": 7},
        {"batches": [7]},
        {"resource_spans": [{"scope_spans": [7]}]},
    ],
)
def test_what_is_in_part_of_another_layout(document: Document) -> None:
    """Nothing of a document is passed over: what is not all of one layout is refused whole."""
    with pytest.raises(UndecodableError) as refused:
        read(document)
    assert refused.value.code == "malformed"
