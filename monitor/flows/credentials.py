"""What a span says of who asks: notes of its node, made once per `Facts`; never a value.

Headers are recorded where somebody asks for them. So a note says that they are, and only beside that note
the lack of a mechanism means that nothing is carried.
"""

from collections.abc import Iterable, Iterator

from monitor.wire.credentials import (
    API_KEY,
    AUTHORIZATION,
    CERTIFICATE,
    COOKIE,
    HEADERS,
    HIDDEN,
    TLS,
    TOKEN,
    USER,
)
from monitor.wire.span import Facts, Kind

MTLS = "mTLS"
AUTHORIZED = "authorization"
"""An Authorization header, whatever its scheme."""
SOMEBODY = "names who asks"

_RECORDS_HEADERS, _RECORDS_TLS = "records headers", "records TLS"
_CARRIES = "carries "
_BY_HEADER = {COOKIE: "cookie", API_KEY: "API key", TOKEN: "token"}


def credentials(facts: Facts) -> tuple[str, ...]:
    """The notes of a span; of an internal one only that it names who asks."""
    says = facts.attributes
    somebody = [SOMEBODY] if USER in says and facts.kind not in (Kind.CLIENT, Kind.PRODUCER) else []
    if facts.kind is Kind.INTERNAL:
        return tuple(somebody)
    scheme = says.get(AUTHORIZATION, "")
    carried = [name for kept, name in _BY_HEADER.items() if kept in says]
    carried += [AUTHORIZED if scheme == HIDDEN else scheme] if scheme else []
    notes = [f"{_CARRIES}{name}" for name in carried]
    notes += [f"{_CARRIES}{MTLS}"] if CERTIFICATE in says else []
    notes += [_RECORDS_HEADERS] if HEADERS in says and not carried else []
    notes += [_RECORDS_TLS] if TLS in says and CERTIFICATE not in says else []
    return tuple(sorted([*notes, *somebody]))


def carried(notes: Iterable[str]) -> Iterator[str]:
    """The mechanisms that notes say are carried."""
    return (note.removeprefix(_CARRIES) for note in notes if note.startswith(_CARRIES))


def records_headers(notes: Iterable[str]) -> bool:
    """Whether a span would show the headers of its request."""
    return _RECORDS_HEADERS in notes or any(name != MTLS for name in carried(notes))


def records_tls(notes: Iterable[str]) -> bool:
    """Whether a span would show the certificate of a client."""
    return _RECORDS_TLS in notes or MTLS in carried(notes)
