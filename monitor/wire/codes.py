"""Values that are one of a few: what is none of them is a sentence or somebody's value, and not kept.

| what | is | else |
| --- | --- | --- |
| a method of HTTP | one that IANA knows, or of a cache | `_OTHER`, as semantic conventions say |
| a status of HTTP | up to three digits | nothing |
| a status of RPC | a word of gRPC, a number | `_OTHER` |
| a type of error | an identifier or a code; of a message, the type that it begins with | `_OTHER` |
| an operation of a database | words; of a statement its verb | nothing |
| an operation of GraphQL | a name; of a document its operation | nothing |
| a system, a verb, a kind | a word | nothing |

Sources: IANA's HTTP Method Registry; opentelemetry.io/docs/specs/semconv, http and error.type;
grpc.io/docs/guides/status-codes; spec.graphql.org, section 2.1.9 Names.
"""

import re

from monitor.wire.free_text import without_tokens
from monitor.wire.graphql import operation_of
from monitor.wire.names import NAME_LIMIT
from monitor.wire.statement import verb_and_target

OTHER = "_OTHER"
"""What semantic conventions write for a value that is none of the known ones."""

GRPC_CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""By their numbers."""

_METHODS = re.compile(
    "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY|_OTHER|ACL|BASELINE-CONTROL|BIND"
    "|CHECKIN|CHECKOUT|COPY|LABEL|LINK|LOCK|MERGE|MKACTIVITY|MKCALENDAR|MKCOL|MKREDIRECTREF"
    "|MKWORKSPACE|MOVE|ORDERPATCH|PRI|PROPFIND|PROPPATCH|REBIND|REPORT|SEARCH|UNBIND|UNCHECKOUT"
    "|UNLINK|UNLOCK|UPDATE|UPDATEREDIRECTREF|VERSION-CONTROL|PURGE|BAN|REFRESH|SUBSCRIBE"
    "|UNSUBSCRIBE|NOTIFY",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?[0-9]{1,5}")
_STATUS = re.compile(r"[0-9]{1,3}")
_WORD = re.compile(r"[A-Za-z][\w./:+-]{0,63}")
_WORDS = re.compile(r"[A-Za-z][\w.]*(?: [A-Z][A-Z_]*){0,2}")
_GRAPHQL_NAME = re.compile(r"[A-Za-z_]\w{0,127}", re.ASCII)
_ERROR = re.compile(r"[*&:<(]*[A-Za-z_][\w.:/\\$<>()\[\],`*+#-]*")
_ERROR_FIRST = re.compile(r"([A-Za-z_][\w.:\\$]*(?:Error|Exception|Failure|Fault|Timeout))(?=[^\w.])")


def method(value: str) -> str:
    """A method of HTTP as it came, `_OTHER` for one that nobody knows."""
    return value if _METHODS.fullmatch(value) else OTHER


def status(value: str) -> str:
    """A status code of HTTP; '' for what is none."""
    return value if _STATUS.fullmatch(value) else ""


def rpc_status(value: str) -> str:
    """A status of RPC; gRPC's in capitals, whoever writes them."""
    known = value.upper()
    return known if known in GRPC_CODES else value if _NUMBER.fullmatch(value) else OTHER


def error_type(value: str) -> str:
    """The type of an error."""
    value = value[:NAME_LIMIT]
    begins = None if _ERROR.fullmatch(value) else _ERROR_FIRST.match(value)
    name = begins[1] if begins else value
    named = _ERROR.fullmatch(name) and without_tokens(name) == name
    return name if named or _NUMBER.fullmatch(name) else OTHER


def word(value: str) -> str:
    """One word; '' for what is more than that, or an id."""
    return value if _WORD.fullmatch(value) and without_tokens(value) == value else ""


def database_operation(value: str) -> str:
    """What is done to a database: the words that say it, or the verb of a statement."""
    return value if _WORDS.fullmatch(value) else verb_and_target(value)[0]


def graphql_name(value: str) -> str:
    """The name of an operation of GraphQL; of a whole document, kind and name of its operation."""
    return value if _GRAPHQL_NAME.fullmatch(value) else operation_of(value)
