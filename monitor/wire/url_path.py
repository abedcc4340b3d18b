"""The path of a URL without what varies from request to request, for requests that no route names.

`/orders/17/items?page=2` -> `/orders/{}/items`. A segment is free, and becomes `{}`, by fixed rules; nothing
is learned, or two replicas would name one request differently:

| free | stays |
| --- | --- |
| numbers, dates, UUIDs, hashes, tokens: a part of a segment that is a number or mixes digits in | words |
| a slug with a number in it: `iphone-15-pro` | slugs of words: no rule can know them (`flows.templates`) |
| e-mail addresses, `@handles`, `~users`, lists (`a,b`), quotes, percent-encoding | `v2`, `oauth2`, `sha256` |
| a key in brackets: `Orders('ALFKI')` -> `Orders({})` | the name before it |
| a value: `color=red` -> `color={}` | the name before it |
| the name of a file with a hash or number: `main.8f3ab2c1.js` -> `{}.js` | `logo.png` |
| anything with over 40 characters | |

Query, fragment, host, matrix parameters and trailing slashes are left out.
"""

import re

FREE = "{}"
"""What stands for a free part of a name."""

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*|^[\w.-]+:\d+(?=[/?#]|$)")
_TAIL = re.compile(r"[?#].*", re.DOTALL)
_MATRIX = re.compile(r";[^/]*")
_KEY = re.compile(r"\([^()]+\)")
_VALUE = re.compile(r"=.+")
_PLACEHOLDER = re.compile(r"\{\w*\}")
_PARTS = re.compile(r"[-_.~=:]")
_FILE = re.compile(r"(.+)(\.[A-Za-z][A-Za-z0-9]{0,5})")
_DIGIT = re.compile(r"[0-9]")
_LONGEST_WORD = 40
_WORD = re.compile(rf"[A-Za-z_$][A-Za-z_$-]{{0,{_LONGEST_WORD - 1}}}")
_STRANGE = re.compile(r"[^\w.~:()=$*!+-]|^~", re.ASCII)
_VERSION = re.compile(r"[vV]\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{0,2})?")
_TOKEN = re.compile(
    "[0-9a-fA-F]{7,}"  # with the digit that it has, a hash
    "|(?=.*[a-z])(?=.*[A-Z])(?!.*[0-9]$)[A-Za-z0-9]{6,}"  # both cases around a digit
)
_SHUFFLED = re.compile(r"(?=.*[a-z][A-Z]{2}|.*[A-Z]{2}[a-z]|.*[0-9])[A-Za-z0-9]{8,}|[0-9a-f]{8,}")
"""A hash in the name of a static file; it need not have a digit."""
_STATIC = re.compile(
    r"\.(?:[cm]?js|css|map|woff2?|ttf|eot|png|jpe?g|gif|svg|webp|avif|ico|wasm)", re.IGNORECASE
)
KNOWN_WORDS = re.compile(
    "base(?:32|58|64)|sha(?:256|384|512)|utf16|x509|i18n|l10n|a11y|h26[45]|x(?:86|64)|win(?:32|64)|amd64|arm64"
    "|aarch64|route53|o(?:ffice)?365|log4j2|rfc3339|iso(?:8601|20022|27001)|(?:ed|x|curve)25519",
    re.IGNORECASE,
)
"""Words with more than one digit."""


def templated_path(url: str) -> str:
    """The templated path of a URL or of a request's target; '' for an empty one."""
    url = url.strip()
    path = _MATRIX.sub("", _TAIL.sub("", _AUTHORITY.sub("", url, count=1)))
    if path == "*":  # of OPTIONS: the whole server (RFC 9112)
        return path
    segments = [each if _WORD.fullmatch(each) else _segment(each) for each in path.split("/") if each]
    return "/" + "/".join(segments) if url else ""


def _segment(segment: str) -> str:
    """One segment of a path: itself where it looks like words, else what is fixed about it."""
    segment = _VALUE.sub(f"={FREE}", _KEY.sub(f"({FREE})", segment))
    rest = _PLACEHOLDER.sub("", segment)
    if _STRANGE.search(rest) or len(rest) > _LONGEST_WORD:
        return FREE
    if rest != segment:
        return FREE if _DIGIT.search(rest) else segment
    if file := _FILE.fullmatch(segment):
        return _file(segment, *file.groups())
    head, colon, verb = segment.rpartition(":")
    if colon and _is_free(head) and not _is_free(verb):
        return FREE + colon + verb
    return FREE if _is_free(segment) else segment


def _file(name: str, stem: str, extension: str) -> str:
    """The name of a file, or of anything with a dot; `stem` ends before the extension."""
    if _is_free(extension[1:]):
        return FREE
    hashed = _STATIC.fullmatch(extension) and any(map(_SHUFFLED.fullmatch, _PARTS.split(stem)))
    return FREE + extension if hashed or _is_free(stem) else name


def _is_free(segment: str) -> bool:
    """Whether one of the parts of a segment, between hyphens and the like, is no word."""
    if not _DIGIT.search(segment) or segment == "x86_64" or _VERSION.fullmatch(segment):
        return False
    return any(map(_is_free_part, _PARTS.split(segment)))


def _is_free_part(part: str) -> bool:
    digits = len(_DIGIT.findall(part))
    if not digits or _VERSION.fullmatch(part) or KNOWN_WORDS.fullmatch(part):
        return False
    return digits > 1 or len(part) == 1 or _TOKEN.fullmatch(part) is not None
