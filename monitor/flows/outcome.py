"""How the entry of a flow ended (telemetry rule 9): its class, its status code, its error type.

HTTP status classes are RFC 9110's; of the gRPC codes, those that OpenTelemetry's conventions for RPC
servers count as errors of the server are `failed`, the rest but OK are the client's.
"""

from typing import NamedTuple

from monitor.flows.flow import Outcome
from monitor.wire.span import Facts, Kind

_SERVER_ERRORS = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)


class Ending(NamedTuple):
    """An outcome with its categories; status, error: '' where there is none."""

    outcome: Outcome
    status: str
    error: str


def ending(facts: Facts, caller: Facts | None) -> Ending:
    """How a span ended; `caller` is the client span right above it, where the group has one.

    What the client saw counts where the server says ok but the client had no answer (an error without a
    status code: a time-out, a reset).
    """
    own = _own_ending(facts)
    if own.outcome is not Outcome.OK or caller is None or caller.kind is not Kind.CLIENT:
        return own
    seen = _own_ending(caller)
    if seen.outcome is Outcome.FAILED and not seen.status:
        return Ending(Outcome.FAILED, own.status, seen.error)
    return own


def _own_ending(facts: Facts) -> Ending:
    attributes = facts.attributes
    error = attributes.get("error.type", "")
    http = attributes.get("http.response.status_code", "")
    rpc = attributes.get("rpc.status_code", "")
    return Ending(_outcome(http, rpc, facts.error or bool(error)), http or rpc, error)


def _outcome(http: str, rpc: str, erroneous: bool) -> Outcome:
    if http.startswith("5") or rpc in _SERVER_ERRORS:
        return Outcome.FAILED
    if http.startswith("4") or rpc not in ("", "OK"):
        return Outcome.CLIENT_ERROR
    return Outcome.FAILED if erroneous else Outcome.OK
