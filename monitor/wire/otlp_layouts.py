"""Where the spans stand in the documents in which OTLP/JSON comes.

    {"resourceSpans": [...]}                  a request: OTLP over HTTP, the Collector's exporters
    {"batches": [...]}                        Tempo, GET /api/traces/ID; a trace that Grafana exported
    {"trace": {"resourceSpans": [...]}}       Tempo, GET /api/v2/traces/ID; or with "batches"; beside it
                                              "status": "PARTIAL" where that is not all of the trace
    {"result": {"resourceSpans": [...]}}      Jaeger, GET /api/v3/traces
    {"resource": {...}, "scopeSpans": [...]}  one of the resourceSpans, as Java's logging exporter writes it
    [document, ...]                           several of these

Each of them comes in snake case, too (`resource_spans`), as the JSON mapping of protobuf can write it, and
with `instrumentationLibrarySpans` for `scopeSpans`, as before version 0.15 of opentelemetry-proto.

Source of the status: grafana/tempo, pkg/tempopb/tempo.proto (PartialStatus).
"""

import re
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]

_AROUND = ("result", "trace")
_LISTS = ("resourceSpans", "batches", "resource_spans")
_SCOPES = ("scopeSpans", "instrumentationLibrarySpans", "scope_spans", "instrumentation_library_spans")
_SNAKE = re.compile("_([a-z])")
_STATUS, _PARTIAL = "status", ("PARTIAL", 1)
PARTIAL = "partial"
"""Marks one of the resourceSpans of a trace that came in part."""

_LEVELS = 24
"""Objects and arrays around the innermost field that is read: there are fewer."""


def resource_spans(document: Any) -> list[Any] | None:
    """The resourceSpans of a document in any of these layouts, in camel case; None if it has another.

    What is in them is not looked at; those of a trace in part are marked as `PARTIAL`. Raises TypeError
    where the place of a list holds none.
    """
    if not isinstance(document, list):
        return _of_one(document)
    found = list(map(_of_one, document))
    whole = [spans for spans in found if spans is not None]
    return [each for spans in whole for each in spans] if found and len(whole) == len(found) else None


def library_spans(one: Object) -> Iterable[Object]:
    """The scopeSpans of one of the resourceSpans that has them under their old names."""
    for library in one.get("instrumentationLibrarySpans") or ():
        yield {"scope": library.get("instrumentationLibrary"), "spans": library.get("spans")}


def _of_one(document: Any) -> list[Any] | None:
    found = _found(document)
    if found and document.get(_STATUS) in _PARTIAL:
        return [{**each, PARTIAL: True} for each in found]
    return found


def _found(document: Any) -> list[Any] | None:
    for name in _AROUND:
        if isinstance(document, dict) and isinstance(document.get(name), dict):
            document = document[name]
    if not isinstance(document, dict):
        return None
    if not document:
        return []
    if any(name in document for name in _SCOPES):
        return [_camel(document)]
    found = [document[name] or () for name in _LISTS if name in document]
    return [_camel(each) for each in found[0]] if found else None


def _camel(one: Any) -> Any:
    """One of the resourceSpans in camel case: all names in it are names of fields."""
    return _renamed(one, _LEVELS) if isinstance(one, dict) and any("_" in name for name in one) else one


def _renamed(value: Any, levels: int) -> Any:
    if isinstance(value, dict) and levels:
        return {_camel_name(name): _renamed(inner, levels - 1) for name, inner in value.items()}
    return [_renamed(inner, levels - 1) for inner in value] if isinstance(value, list) and levels else value


def _camel_name(name: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), name)
