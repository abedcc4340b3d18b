"""Where the spans stand in the documents in which Jaeger's JSON comes.

As Jaeger's page has them ("traceID", "spanID"; read by `jaeger_api`):

    {"data": [trace, ...]}                       GET /api/traces, GET /api/traces/ID; what the page exports
    {"traceID", "spans": [...], "processes"}     a trace
    {"traceID", "spanID", ...}                   a span as it is stored in Elasticsearch
    {"_source": span}                            the same in a dump, or in {"hits": {"hits": [...]}}

As Jaeger's model has them ("traceId", "spanId"; read by `jaeger_json`):

    {"traceId", "spanId", ...}                   a record of the Collector's Kafka exporter
    {"spans": [...]}                             a part of an answer of api_v2's QueryService
    {"batch": {"spans": [...], "process": {}}}   what api_v2's CollectorService takes

And a list of any of these.
"""

from typing import Any, NamedTuple

_OF_PAGE, _OF_MODEL = ("traceID", "spanID"), ("traceId", "spanId")
_OWN = ("operationName", "references", "process", "processID")
"""Names that the spans of others, who have such ids too, do not have."""


class Trace(NamedTuple):
    """Spans that stand together, not looked at yet: each may be of any type.

    paged: whether they are as the page has them. processes: by the id that a span names; `process` is that of
    the spans that name none.
    """

    spans: list[Any]
    paged: bool
    processes: dict[str, Any]
    process: dict[str, Any]


def traces(document: Any) -> list[Trace] | None:
    """The traces of a document in any of these layouts; None if it has another."""
    if isinstance(document, dict):
        if "data" in document:
            return _each(document["data"]) if document["data"] else []
        hits = document.get("hits")
        return _each(hits.get("hits") if isinstance(hits, dict) else [document])
    return _each(document)


def _each(documents: Any) -> list[Trace] | None:
    if not isinstance(documents, list) or not documents:
        return None
    found = [_trace(each) for each in documents]
    whole = [trace for trace in found if trace is not None]
    return whole if len(whole) == len(found) else None


def _trace(document: Any) -> Trace | None:
    for around in ("_source", "batch"):
        if isinstance(document, dict) and isinstance(document.get(around), dict):
            document = document[around]
    if not isinstance(document, dict):
        return None
    spans = document.get("spans", [document])
    first = spans[0] if isinstance(spans, list) and spans else {}
    if "processes" not in document and not _is_span(first):
        return None
    paged = not any(name in first for name in _OF_MODEL)
    return Trace(spans, paged, document.get("processes") or {}, document.get("process") or {})


def _is_span(given: Any) -> bool:
    named = isinstance(given, dict) and any(name in given for name in _OWN)
    return named and any(name in given for name in (*_OF_PAGE, *_OF_MODEL))
