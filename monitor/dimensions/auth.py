"""Auth: by which mechanism a request says who asks, and whether who takes it finds that out.

Judged where both production and the tests record what would show it: a mechanism beside headers that are
recorded, a certificate beside what is recorded of TLS, a name in traces that name somebody at all. Where
nothing is recorded nothing is known.
"""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.hops import HEADERS, NAMED, SCHEME, TLS, Side, naming, sides
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.flows.credentials import AUTHORIZED, MTLS, carried

_VERIFIES = "is known who asks"
_WORDS = {
    "bearer": "a bearer token",
    "basic": "basic credentials",
    "cookie": "a cookie",
    "token": "a token in a header of its own",
    "other": "an Authorization header of another scheme",
    "API key": "an API key",
    AUTHORIZED: "an Authorization header",
    MTLS: "a client certificate (mTLS)",
    _VERIFIES: "whether it is known who asks",
}
_SCHEMES = frozenset(("bearer", "basic", "other", AUTHORIZED))
"""What an Authorization header carries: where its scheme is redacted, it is still known to be there."""


def _traits(variant: Variant) -> Iterator[Trait]:
    named = naming(variant)
    for side in sides(variant):
        found = set(carried(side.call.notes))
        if found & _SCHEMES:
            yield _trait(side, HEADERS, AUTHORIZED)
        for mechanism in sorted(found - {AUTHORIZED}):
            yield _trait(side, TLS if mechanism == MTLS else SCHEME, mechanism)
        if side.takes and side.call.operation in named:
            yield _trait(side, NAMED, _VERIFIES)


def _trait(side: Side, shown_by: str, mechanism: str) -> Trait:
    return Trait("auth", side.shows(shown_by), "carries", side.service, mechanism)


def _hop(trait: Trait) -> Given:
    return trait.given.given if isinstance(trait.given, Trait) else trait.given


def _says(trait: Trait, seen: Seen) -> str:
    hop, service = _hop(trait), trait.service
    if not seen.reference_n:
        return f"Who asks with '{hop}' drifted, and production has not shown it since."
    rates = f"in {in_production(seen)} and in {in_tests(seen)}"
    beside = (other.value for other in seen.others if other.value not in (AUTHORIZED, trait.value))
    others = ", ".join(dict.fromkeys(map(_WORDS.__getitem__, beside)))
    more = f" Different, too: {others}." if others else ""
    if trait.value == _VERIFIES:
        return f"{service} finds out who asks with '{hop}' {rates}.{more}"
    return f"'{hop}' carries {_WORDS[trait.value]} {rates}, as the spans of {service} show.{more}"


def _claims(judged: Judged) -> str:
    if not judged.always:
        return "Of no hop here do both sides show what requests carry."
    of = f"{judged.always:,} of {counted(judged.known, 'known mechanism')} judged"
    return f"Requests carry what they always carry in production, where both sides record it ({of})."


AUTH = Dimension(
    name="auth",
    asks="do requests say who asks as in production: by token, cookie, certificate, or not at all?",
    remedy="Let the tests send the credentials that production sends, and check them as it does.",
    severity=Severity.WARNS,
    evidence=Presence(extract=_traits, always=0.99),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=lambda trait: f"credentials of {_hop(trait)}",
    blind="Hops whose headers are not recorded, and whether credentials are valid.",
    only_where_known=True,
)
