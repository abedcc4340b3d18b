"""Free-form names without literals: what the name of a span, a queue or a table says of one request alone.

    job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 of ada@example.org -> job {} of {}
    load WHERE name = 'Muster' AND id IN (1, 2, 3)              -> load WHERE name = {} AND id IN ({})

E-mail addresses, UUIDs, dates, addresses of networks, hashes, ends of names of pods, tokens, numbers, quoted
text and JSON become `{}`, lists of them one, and query strings vanish. Words stay, and digits within words
(`v1`, `s3`). The rules are fixed; nothing is learned, or two replicas would name one flow differently.
"""

import re

from monitor.wire.url_path import FREE

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes names of pods of (apimachinery, util/rand)."""

_TOKENS = r"""
      [^\s/@:='"(,<]+@[^\s/@'",)]+\.[A-Za-z][\w-]*                                      # e-mail
    | eyJ[\w-]+(?:\.[\w-]*){0,2}                                                # JSON web token
    | [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}                      # UUID
    | (?<![0-9A-Za-z_-])(?=(?:[A-Za-z_+-]*[0-9]){2})[0-9A-Za-z_+-]{24,}={0,2}   # long token
    | (?<![0-9A-Za-z_-])(?=(?:[A-Za-z_-]*[0-9]){3})(?=[^A-Z\s]*[A-Z])(?=[^a-z\s]*[a-z])[\w-]{16,}
"""
_TOKEN = re.compile(_TOKENS, re.VERBOSE)
_LITERAL = re.compile(
    rf"""
      \{{\s*["'].*(?:\}}|$)                                                     # JSON
    | (?<![\w'}}])'(?:[^'\\]|''|\\.)*(?:'(?!\w)|$)                                # quoted
    | (?<![\w"}}])"(?:[^"\\]|""|\\.)*(?:"|$)
    | {_TOKENS}
    | [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?       # date and time
    | (?<![0-9A-Za-z:])(?:[0-9a-fA-F]{{1,4}}:{{1,2}}){{3,7}}[0-9a-fA-F]{{1,4}}(?![0-9A-Za-z])  # IPv6, MAC
    | (?<![0-9A-Za-z])(?=[a-z]*[0-9])[{_SAFE}]{{8,10}}-[{_SAFE}]{{5}}(?![0-9A-Za-z-])   # pod
    | (?<![0-9A-Za-z])(?:0x)?(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{{8,}}(?![0-9A-Za-z])  # hash
    | (?<![0-9A-Za-z])[0-9]+(?:[.:,][0-9]+)*(?:[munµ]?s|[kKMG]?i?B|%)?(?![0-9A-Za-z])  # number
    """,
    re.VERBOSE | re.DOTALL,
)
_QUERY = re.compile(r"\?[^\s?=]*=\S*")
_LIST = re.compile(r"\{\}(?:\s*,\s*\{\})+")


def template(text: str) -> str:
    """Free-form text with each literal replaced by `{}`."""
    return _LIST.sub(FREE, _LITERAL.sub(FREE, _QUERY.sub("", text)))


def without_tokens(route: str) -> str:
    """A route with e-mail addresses, UUIDs and tokens replaced: some programs give paths for routes."""
    return _TOKEN.sub(FREE, route)
