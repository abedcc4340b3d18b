"""Two names of one call to a database, as far as names show it: what they say, and what one leaves out.

    mysql SELECT shop.carts   mysql carts   mysql SELECT   SELECT carts   carts.find   db.query

A full name says system, verb and collection, in this order (`flows.queries`); conventions and libraries leave
out some, or all. What one name leaves out contradicts nothing. One that says nothing at all is of any query.

Where both name a known system (`wire.systems`), and systems are all that differs, it is one query as well: to
one system that is spelled in two ways, or to another one, which is for `dependency` to say.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from monitor.flows.flow import Operation
from monitor.wire.commands import KEYED, MONGO
from monitor.wire.span import Kind
from monitor.wire.statement import is_sql
from monitor.wire.systems import family_of
from monitor.wire.values import RENAMED

_SYSTEMS = frozenset((*RENAMED["db.system"], *RENAMED["db.system"].values())) | {
    "cassandra",
    "clickhouse",
    "cockroachdb",
    "couchbase",
    "couchdb",
    "elasticsearch",
    "influxdb",
    "mariadb",
    "memcached",
    "mongodb",
    "mysql",
    "neo4j",
    "opensearch",
    "oracle",
    "postgresql",
    "redis",
    "sqlite",
    "trino",
    "valkey",
}
_ANY_SYSTEM = ("", "other_sql")
_SAYS_NOTHING = re.compile(
    r"(?:[\w-]+[.: ]){0,2}(?:query|execute|exec|statement|prepare|sql|jdbc|database|db|batch)", re.IGNORECASE
)
_OF_COLLECTION = re.compile(r"([\w.-]+)\.(\w+)")


class _Data(NamedTuple):
    """What a name says; '' for what it leaves out."""

    system: str = ""
    verb: str = ""
    collection: str = ""


def ask_the_same_data(call: Operation, other: Operation) -> bool:
    """Whether two calls may be one query: their names say nothing that differs, and of something the same."""
    if (call.service, call.kind) != (other.service, other.kind) or call.kind is not Kind.CLIENT:
        return False
    return any(_fit(one, two) for one in _readings(call.name) for two in _readings(other.name))


def differ_by_system_alone(call: Operation, other: Operation) -> bool:
    """Whether two names of one query say the same of it but for the system that is asked."""
    one, two = (each.name.partition(" ") for each in (call, other))
    return one[0] != two[0] and one[2] == two[2] and all(family_of(each) for each in (one[0], two[0]))


def _readings(name: str) -> Iterator[_Data]:
    """What a name may say; nothing for one that is of no query."""
    words = name.split()
    if any(word.startswith("/") for word in words):
        return  # a request over HTTP, whose methods are verbs of data, too
    if len(words) == 3 and (words[0] in _SYSTEMS or _is_verb(words[1])):
        yield _Data(*words)
    elif len(words) == 2 and _is_verb(words[0]):
        yield _Data("", *words)
    elif len(words) == 2 and (words[0] in _SYSTEMS or _is_verb(words[1])):
        yield _Data(words[0], words[1])
        if not _is_verb(words[1]):
            yield _Data(words[0], "", words[1])
    elif _SAYS_NOTHING.fullmatch(name) or name in _SYSTEMS:
        yield _Data(name if name in _SYSTEMS else "")
    elif (found := _OF_COLLECTION.fullmatch(name)) and found[2] in MONGO:
        yield _Data("", found[2], found[1])


def _is_verb(word: str) -> bool:
    return is_sql(word) or word in MONGO or word in KEYED


def _fit(one: _Data, two: _Data) -> bool:
    if one.system != two.system and not {one.system, two.system} & set(_ANY_SYSTEM):
        return _asks_another_system(one, two)
    if one.verb and two.verb and _plain(one.verb) != _plain(two.verb):
        return False
    if one.collection and two.collection:
        return _is_one(one.collection, two.collection)
    silent = any(not each.verb and not each.collection for each in (one, two))
    return silent or bool(one.verb and two.verb and one.system == two.system)


def _asks_another_system(one: _Data, two: _Data) -> bool:
    """Whether the same is done to the same collection, or (in one family) to what has none."""
    families = [family_of(each.system) for each in (one, two)]
    if not all(families) or not one.verb or _plain(one.verb) != _plain(two.verb):
        return False
    if one.collection and two.collection:
        return _is_one(one.collection, two.collection)
    return families[0] == families[1] and not (one.collection or two.collection)


def _plain(verb: str) -> str:
    """A verb without what languages write it with: `ReadItem`, `read_item`."""
    return verb.replace("_", "").lower()


def _is_one(collection: str, other: str) -> bool:
    """Whether two collections are one, of which a namespace may be said on one side alone."""
    longer, shorter = sorted((collection.lower(), other.lower()), key=len, reverse=True)
    return longer == shorter or longer.endswith(f".{shorter}")
