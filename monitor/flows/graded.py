"""What spans of a test run say that an audit asks for: how they ended, and what is recorded of their payload.

Rows of test runs carry one number per span: four times the place of its ending, plus that of its payload.

| recorded of the payload | from |
| --- | --- |
| body | http.{request,response}.body.content |
| size | the size of a body or a message is stated (`wire.presence`) |

An HTTP span that says no ending has neither a status code nor an error, a gRPC span no status code: their
conventions ask for one wherever there was an answer (opentelemetry.io/docs/specs/semconv, HTTP and gRPC).
All other spans end well where they say nothing else.
"""

from enum import IntEnum
from typing import NamedTuple

from monitor.flows.flow import Outcome
from monitor.flows.outcome import Ending
from monitor.wire.presence import SIZE
from monitor.wire.span import Facts


class Payload(IntEnum):
    """What a span records of what it sent or received; more is better."""

    NOTHING = 0
    SIZE = 1
    SCHEMA = 2
    BODY = 3

    @property
    def says(self) -> str:
        """In words."""
        return _WORDS[self]


class Grade(NamedTuple):
    """How a span ended, None where it does not say so, and what it records of its payload."""

    outcome: Outcome | None
    payload: Payload


_WORDS = ("nothing", "size", "schema", "body")
_OUTCOMES: tuple[Outcome | None, ...] = (None, Outcome.OK, Outcome.CLIENT_ERROR, Outcome.FAILED)
_GRADES = tuple(Grade(outcome, payload) for outcome in _OUTCOMES for payload in Payload)
GRADES = len(_GRADES)
"""Numbers of grades are below it."""
_NUMBERS = {grade: number for number, grade in enumerate(_GRADES)}
_ENDS_WITH_A_CODE = ("http.request.method",)
_BODIES = ("http.request.body.content", "http.response.body.content")


def grade_of(facts: Facts, ended: Ending) -> int:
    """The number of a span's grade."""
    return _NUMBERS[Grade(ended.outcome if _says_how(facts, ended) else None, payload_of(facts))]


def graded(number: int) -> Grade:
    """The grade with that number."""
    return _GRADES[number]


def _says_how(facts: Facts, ended: Ending) -> bool:
    """Whether a span says how it ended, or need not say it where it ended well."""
    if ended.status or ended.error or facts.error:
        return True
    attributes = facts.attributes
    return not (
        any(name in attributes for name in _ENDS_WITH_A_CODE) or attributes.get("rpc.system.name") == "grpc"
    )


def payload_of(facts: Facts) -> Payload:
    """What a span records of its payload, by the attributes that are kept of it."""
    if any(name in facts.attributes for name in _BODIES):
        return Payload.BODY
    if SIZE in facts.attributes:
        return Payload.SIZE
    return Payload.NOTHING
