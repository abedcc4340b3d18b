"""How the entry of a flow ended (telemetry rule 9): its class, its status code, its error type.

HTTP status classes are RFC 9110's; of the gRPC codes, those that OpenTelemetry's conventions for RPC
servers count as errors of the server are `failed`, the rest but OK are the client's.
"""

from typing import NamedTuple

from monitor.flows.flow import Outcome
from monitor.wire.span import Facts

_SERVER_ERRORS = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)


class Ending(NamedTuple):
    """An outcome with its categories; status, error: '' where there is none."""

    outcome: Outcome
    status: str
    error: str


def ending(facts: Facts) -> Ending:
    """How a span ended, as it says itself."""
    attributes = facts.attributes
    error = attributes.get("error.type", "")
    http = attributes.get("http.response.status_code", "")
    rpc = attributes.get("rpc.status_code", "")
    return Ending(_outcome(http, rpc, facts.error or bool(error)), http or rpc, error)


def as_seen(own: Ending, caller: Ending) -> Ending:
    """How a span ended, whose caller's client span right above it ended so.

    What the client saw counts where the server says ok but the client had no answer (an error without a
    status code: a time-out, a reset).
    """
    if own.outcome is Outcome.OK and caller.outcome is Outcome.FAILED and not caller.status:
        return Ending(Outcome.FAILED, own.status, caller.error)
    return own


def _outcome(http: str, rpc: str, erroneous: bool) -> Outcome:
    if http.startswith("5") or rpc in _SERVER_ERRORS:
        return Outcome.FAILED
    if http.startswith("4") or rpc not in ("", "OK"):
        return Outcome.CLIENT_ERROR
    return Outcome.FAILED if erroneous else Outcome.OK
