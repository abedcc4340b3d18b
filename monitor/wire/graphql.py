"""The operation in a GraphQL document: `query Cart($id: ID!) { cart(id: $id) { sum } }` -> `query Cart`.

    document   {...}              a query without a name
               KIND NAME ... {}   KIND is query, mutation or subscription; NAME may be left out
               fragment ... {}    beside them

Nothing of the document itself is kept. One with several operations says nothing of which one is meant.

Source: spec.graphql.org, section 2.3 Operations.
"""

import re

from monitor.wire.names import NAME_LIMIT

_LOOKED_AT = 4_096
"""Characters of a document: what stands outside of braces comes early where there is one operation."""

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:"""|$)|"(?:[^"\\\n]|\\.)*"|#[^\n]*|(?P<open>[{(\[])|(?P<close>[})\]])'
    r"|[$@&.][$@&.\w]*|(?P<word>\w+)",
)
_KINDS = ("query", "mutation", "subscription")


def operation_of(document: str) -> str:
    """Kind and name of the one operation in a document; '' where it has none, several, or is no document."""
    found: list[str] = []
    words: list[str] = []
    depth = 0
    for token in _TOKEN.finditer(document[:_LOOKED_AT]):
        if depth == 0 and token["word"]:
            words.append(token["word"])
        elif depth == 0 and token["open"] == "{":
            found += _operation(words)
            words = []
        depth += bool(token["open"]) - bool(token["close"])
    return found[0][:NAME_LIMIT] if len(found) == 1 else ""


def _operation(words: list[str]) -> list[str]:
    """What the words before a block say: an operation, a fragment, or nothing."""
    if not words:
        return ["query"]
    return [" ".join(words[:2])] if words[0] in _KINDS else []
