"""What a request carries that says who asks: that it is there, and of an Authorization header the scheme.

No value is kept: neither a token nor a name. Headers are recorded where somebody asks for them, so that one
that is not there says something only beside others that are.

| kept as | of it | read from |
| --- | --- | --- |
| http.request.header.* | that one is there | http.request.header.NAME, http.request.headers.NAME |
| | | rpc.grpc.request.metadata.NAME, rpc.request.metadata.NAME, messaging.header.NAME, ... |
| http.request.header.authorization | the mechanism, `hidden` where redacted | authorization |
| http.request.header.cookie | that it is there | cookie |
| http.request.header.x-api-key | the same | x-api-key, api-key, ocp-apim-subscription-key, ... |
| http.request.header.x-auth-token | the same | x-auth-token, x-access-token, x-amzn-oidc-data, ... |
| tls.client.* | the same | tls.client.subject, ...; x-forwarded-client-cert and the like |
| tls.* | that one is there | tls.established, tls.protocol.version, ... |
| user.* | that somebody is named | enduser.id, .role, .scope; user.id, .name, .email, .roles; usr.id |

Sources: OpenTelemetry's registry of attributes (http, rpc, tls, user, enduser); messaging.header from
opentelemetry-java-instrumentation; usr.id from Datadog's tracers; schemes from IANA's registry of HTTP
authentication schemes; headers from the documents of Envoy, AWS ALB, Azure, Google and oauth2-proxy.
"""

import re
from functools import lru_cache

HEADERS = "http.request.header.*"
AUTHORIZATION = "http.request.header.authorization"
COOKIE = "http.request.header.cookie"
API_KEY = "http.request.header.x-api-key"
TOKEN = "http.request.header.x-auth-token"  # noqa: S105 - the name of a header
CERTIFICATE = "tls.client.*"
TLS = "tls.*"
USER = "user.*"

CREDENTIALS: dict[str, tuple[str, ...]] = dict.fromkeys(
    (HEADERS, AUTHORIZATION, COOKIE, API_KEY, TOKEN, CERTIFICATE, TLS, USER), ()
)
"""Names under which something is kept; what is read stands in `credential_as`."""

PRESENCE = frozenset(CREDENTIALS) - {AUTHORIZATION}
"""Of these only that they are there."""

PRESENT = "true"
HIDDEN = "hidden"

_HEADER = re.compile(
    r"(?:http\.request\.headers?|rpc\.(?:\w+\.)?request\.metadata|messaging\.headers?)\.(.+)", re.IGNORECASE
)
_BY_HEADER = (
    (AUTHORIZATION, r"authorization"),
    (COOKIE, r"cookie"),
    (API_KEY, r"(?:[\w-]+-)?api-?(?:key|token)|[\w-]*subscription-key|x-functions-key"),
    (CERTIFICATE, r"(?:[\w-]+-)?(?:client-cert(?:ificate)?|mtls-clientcert)(?:-[\w-]+)?"),
    (TOKEN, r"x-(?:[\w-]+-)?(?:auth|access|id|identity|session|security|user)-?token|[\w-]*jwt[\w-]*"),
    (TOKEN, r"x-amzn-oidc-(?:data|accesstoken)|x-(?:hub-)?signature(?:-\d+)?|x-auth-key"),
)
_BY_NAME = (
    (CERTIFICATE, r"tls\.client\.(?:subject|issuer|certificate.*|hash\.\w+|not_(?:after|before))"),
    (TLS, r"tls\..+"),
    (USER, r"enduser\.(?:id|role|scope)|user\.(?:id|name|full_name|email|hash|roles)|usr\.(?:id|name|email)"),
)
_FORMS_OF_HEADERS = tuple([(kept, re.compile(form, re.IGNORECASE)) for kept, form in _BY_HEADER])
_FORMS_OF_NAMES = tuple([(kept, re.compile(form)) for kept, form in _BY_NAME])

_MECHANISMS = {"bearer": "bearer", "basic": "basic", "apikey": "API key", "api-key": "API key"}
_OTHERS = frozenset(
    (
        *("aws4-hmac-sha256", "concealed", "digest", "dpop", "gnap", "googlelogin", "hawk", "hoba", "mutual"),
        *("negotiate", "ntlm", "oauth", "privatetoken", "scram-sha-1", "scram-sha-256", "sharedkey"),
        *("signature", "token", "vapid"),
    )
)
_SCHEME = re.compile(r"""[\s"'\[]*([A-Za-z][\w-]*)(?=[\s"'\],]|$)""")


@lru_cache(maxsize=4_096)
def credential_as(name: str) -> str:
    """The name under which an attribute is kept, by its form; '' for one that says nothing of this."""
    if name in CREDENTIALS:
        return name
    if header := _HEADER.fullmatch(name):
        key = header[1].replace("_", "-")
        return next((kept for kept, form in _FORMS_OF_HEADERS if form.fullmatch(key)), HEADERS)
    return next((kept for kept, form in _FORMS_OF_NAMES if form.fullmatch(name)), "")


def mechanism(value: str) -> str:
    """The mechanism that the scheme of an Authorization header means: `bearer`, `basic`, `API key`, `other`.

    A value without a scheme that is known is redacted, or no scheme at all: `hidden`.
    """
    found = _SCHEME.match(value)
    scheme = found[1].lower() if found else ""
    return _MECHANISMS.get(scheme) or ("other" if scheme in _OTHERS else HIDDEN)
