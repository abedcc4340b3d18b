"""What a database statement does, without what it says: its verb, and of SQL its first table.

`SELECT id FROM patients WHERE surname = 'Muster'` -> `SELECT patients`. Fixed rules instead of a parser:
statements arrive cut off, in every dialect and in languages that are not SQL, and two words are wanted.

| statement | becomes |
| --- | --- |
| SQL, CQL, PartiQL | verb and table: the first one, within the fewest brackets |
| `WITH a AS (...) SELECT ... FROM a JOIN b` | the verb after the list; a table that it does not define |
| Redis, Memcached, Cypher | the verb, if `commands` has it; never a key |
| MongoDB: `{"find": "orders", ...}`, `db.orders.find(...)` | the command: `find` |
| anything else | '' |

Strings, comments, parameters and numbers are stepped over, so nothing of them comes out.
"""

import re
from collections.abc import Iterator, Sequence

from monitor.wire.commands import (
    BEFORE_BRACKETS,
    BEFORE_TABLE,
    BETWEEN,
    CYPHER,
    KEYED,
    MODULES,
    MONGO,
    NO_TABLE,
    OBJECTS,
    SQL,
)

_PART = r'(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|\#*[^\W\d][\w$]*)'
_TOKEN = re.compile(
    rf"""
      '(?:[^'\\]|''|\\.)*'? | --[^\n]* | /\*.*?(?:\*/|$) | \$\w*\$.*?\$\w*\$ | [:@$%&]\(?\w+ | \d[\w.]*
    | ({_PART}(?:\s*\.\s*{_PART}){{0,3}} | [()])
    """,
    re.VERBOSE | re.DOTALL,
)
"""Words and brackets are caught; what is stepped over is not."""

_SHELL = re.compile(r"\s*db\.[\w.]+?\.(\w+)\(")
_JSON = re.compile(r"\s*\{\s*[\"']?(\w+)[\"']?\s*:")
_TARGETED = re.compile(rf"([A-Za-z]\w*) ({_PART}(?:\.{_PART}){{0,3}})(?: [\w.]+)*")


def verb_and_table(statement: str) -> str:
    """The verb of a statement and, of SQL, its first table; '' for what is no statement that is known."""
    return " ".join(filter(None, _parsed(statement)))


def verb_and_target(summary: str) -> tuple[str, str]:
    """Of a summary `SELECT orders customers`, or of a statement, the verb and the first target."""
    if summary in MONGO:
        return summary, ""
    targeted = _TARGETED.fullmatch(summary)
    if not targeted or targeted[2].upper() in NO_TABLE:
        return _parsed(summary)
    verb, target = targeted[1], _plain(targeted[2])
    if verb in MONGO:
        return verb, target if target == targeted[2] else ""
    return (verb.upper(), target) if is_sql(verb) else _parsed(summary)


def is_sql(verb: str) -> bool:
    """Whether SQL has this verb, or one that begins with this word (`CREATE TABLE`)."""
    return verb.partition(" ")[0].upper() in SQL


def _parsed(statement: str) -> tuple[str, str]:
    """Verb and table of a statement; '' for what it does not have."""
    if mongo := _JSON.match(statement) or _SHELL.match(statement):
        return (mongo[1], "") if mongo[1] in MONGO else ("", "")
    tokens = [token for token in _TOKEN.findall(statement) if token]
    while tokens[:1] == ["("]:
        del tokens[0]
    verb = tokens[0].upper() if tokens else ""
    if verb in SQL:
        return _sql(verb, tokens)
    if tokens and tokens[0] in MONGO:
        return tokens[0], ""
    return (verb, "") if verb in KEYED or verb in CYPHER or verb.partition(".")[0] in MODULES else ("", "")


def _plain(name: str) -> str:
    """A table's name without quotes and blanks: `"shop" . "orders"` -> `shop.orders`."""
    return re.sub(r'["`\[\]\s]', "", name)


def _sql(verb: str, tokens: Sequence[str]) -> tuple[str, str]:
    """Verb and table of a statement in SQL, cut into tokens."""
    words = [token.upper() for token in tokens]
    defined: frozenset[str] = frozenset()
    if verb == "WITH":
        verb, defined = next(_main_verbs(words), verb), frozenset(_defined(words))
    if verb in ("CREATE", "ALTER", "DROP"):
        verb = " ".join([verb, *[word for word in words[1:4] if word in OBJECTS][:1]])
    tables = [(depth, tokens[place]) for depth, place in _tables(words) if words[place] not in defined]
    return verb, _plain(min(tables, key=lambda found: found[0])[1]) if tables else ""


def _main_verbs(words: Sequence[str]) -> Iterator[str]:
    """The verbs outside all brackets, after the first word."""
    depth = 0
    for word in words[1:]:
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"):
            yield word


def _defined(words: Sequence[str]) -> Iterator[str]:
    """The names that a WITH list defines: `NAME AS (`, `NAME (columns) AS (`."""
    for place in range(1, len(words) - 1):
        if words[place] == "AS" and words[place + 1] in ("(", "MATERIALIZED", "NOT"):
            before = place - 1
            if words[before] == ")":
                while before > 0 and words[before] != "(":
                    before -= 1
                before -= 1
            yield words[before]


def _tables(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Each table of a statement in order: the number of brackets around it, and its place."""
    depth = 0
    for place, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        if word in BEFORE_TABLE:
            following = place + 1
            while following < len(words) and words[following] in BETWEEN:
                following += 1
            if _is_table(words, place, following):
                yield depth, following


def _is_table(words: Sequence[str], keyword: int, place: int) -> bool:
    """Whether what stands at `place`, after a word that a table may follow, is one."""
    if place >= len(words) or words[place] in NO_TABLE:
        return False
    after = words[place + 1 : place + 2]
    if words[keyword] == "DELETE" and (not after or after == ["FROM"]):
        return False  # Memcached's, with a key; or an alias
    if words[keyword] == "FROM" and words[keyword - 1] == "DISTINCT":
        return False
    return after != ["("] or words[keyword] in BEFORE_BRACKETS or words[place - 1] in BEFORE_BRACKETS
