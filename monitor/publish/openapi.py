"""Records as answers of the API: their JSON, and their place in the OpenAPI document."""

from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.responses import Response
from msgspec import json, to_builtins

from monitor.drift.records.failure import MOMENTS
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.run import RunRecord
from monitor.drift.report import Report
from monitor.publish.gate import RunVerdict
from monitor.publish.run_audit import AuditedCalls

_PLACE = "#/components/schemas/{name}"
_ANSWERS = (Report, RunVerdict, RunRecord, FlowVerdicts, AuditedCalls)
_MOMENTS = (
    ("Verdict", "onset"),
    ("DeadFlow", "last_seen"),
    ("TelemetryLost", "since"),
    ("Recall", "oldest"),
    *(("FailureKind", name) for name in MOMENTS),
)
"""Numbers inside, texts in a report (`Report.plain`)."""


def answered(answer: Any) -> Response:
    """A record, or a list of them, as JSON."""
    return Response(orjson.dumps(to_builtins(answer)), media_type="application/json")


def answers_with(schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """What a route says that it answers."""
    return {200: {"content": {"application/json": {"schema": schema}}}}


def one(kind: type) -> dict[str, Any]:
    """The schema of a record."""
    return {"$ref": _PLACE.format(name=kind.__name__)}


def many(kind: type) -> dict[str, Any]:
    """The schema of a list of records."""
    return {"type": "array", "items": one(kind)}


def describe_records(app: FastAPI) -> None:
    """Add the schemas of all records to the document of an application."""
    document = app.openapi()
    _, schemas = json.schema_components(_ANSWERS, ref_template=_PLACE)
    for kind, field in _MOMENTS:
        _be_text(schemas[kind]["properties"][field])
    document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)


def _be_text(schema: dict[str, Any]) -> None:
    """Change the schema of a number, or of a number or null, into that of a moment as RFC 3339 has them."""
    for each in schema.get("anyOf", [schema]):
        if each["type"] == "integer":
            each.update(type="string", format="date-time")
