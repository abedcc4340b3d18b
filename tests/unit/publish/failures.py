"""Records of flows that fail, as the auditors write them."""

from typing import Any

from msgspec import to_builtins

from monitor.base.units import LogTime
from monitor.drift.records.failure import FailureKind, Gap, Standing
from tests.unit.publish.records import flow_record

PAY = "shop POST /pay"


def kind(id: str = "0a1b2c", state: Standing = Standing.ESCAPED, **changed: Any) -> FailureKind:
    """A failure of one flow, of which production had ten traces."""
    said: dict[str, Any] = {
        "flow": PAY,
        "says": "payments POST /charges fails with 500.",
        "outcome": "failed",
        "service": "payments",
        "operation": "POST /charges",
        "error": "500",
        "caller": "shop",
        "callee": "payments",
        "since": LogTime(60_000),
        "first": LogTime(60_000),
        "last": LogTime(120_000),
        "traces": 10,
        "weight": 10_240,
        "versions": ("1.0",),
        "reference": ("aa",),
        "candidate": ("bb",),
    }
    return FailureKind(id=id, state=state, **{**said, **changed})


def failing_flow(*kinds: FailureKind, services: tuple[str, ...] = ("shop", "payments")) -> dict[str, Any]:
    """The record of a flow with these failures; services: those that its tests show."""
    return {**flow_record(PAY), "services": services, "failures": [to_builtins(each) for each in kinds]}


ESCAPED = kind()
UNKNOWN = kind("0d", gap=Gap.SILENT, service="ledger")
"""Of a service that no test shows."""
GUARDED = kind(
    "0e", Standing.GUARDED, shown=LogTime(180_000), guarded=LogTime(240_000), guard="pays", weight=1024
)
REFUSED = kind("0f", outcome="client_error", error="422")
