"""What is done to which table or collection of a database: `postgresql SELECT orders`, `redis HGET`.

| part | the first that is there |
| --- | --- |
| system | db.system.name |
| verb | db.operation.name; db.query.summary, or what a statement came to; the span's name, of its forms |
| collection | db.collection.name; db.stored_procedure.name; the same summary; the same name of the span |

The forms of a span's name are a whole statement, `SELECT orders` and `SELECT shop.orders`. The namespace of
the database, and the schema that it takes by default, is left out of the collection.
"""

import re
from collections.abc import Mapping

from monitor.wire.commands import KEYED
from monitor.wire.free_text import template
from monitor.wire.span import Facts
from monitor.wire.statement import is_sql, verb_and_target

_KEYED = frozenset(("redis", "valkey", "keydb", "memcached"))
"""Systems whose statements name keys, and no collection."""

_STATEMENT = re.compile(
    r"\s*(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\s+\S", re.IGNORECASE | re.DOTALL
)
"""A name that is a whole statement, whatever else its span says."""

_SCHEMAS = frozenset(("public", "dbo"))
_NAMESPACE = re.compile(r"[|./;:\\]")


def query(facts: Facts) -> str:
    """System, verb and collection of a span that asks a database; '' where nothing says what it asks."""
    attributes = facts.attributes
    system = attributes.get("db.system.name", "")
    verb = attributes.get("db.operation.name", "")
    if system and not verb:  # an SDK of the cloud says it as its method
        verb = attributes.get("rpc.method", "").rpartition("/")[2]
    collection = attributes.get("db.collection.name") or attributes.get("db.stored_procedure.name", "")
    if not (verb and collection):
        said_verb, said_collection = _said(attributes, system, facts.name)
        verb, collection = verb or said_verb, collection or said_collection
    if system in _KEYED:
        verb, collection = verb.upper(), ""
    if not (verb or collection):
        return ""
    said = template(verb)
    words = (system, said.upper() if is_sql(said) else said, _bare(collection, attributes))
    return " ".join(filter(None, words))


def _said(attributes: Mapping[str, str], system: str, name: str) -> tuple[str, str]:
    """Verb and collection as a summary says them, else the name of the span."""
    if summary := attributes.get("db.query.summary", ""):
        return verb_and_target(summary)
    verb, target = verb_and_target(name) if system or _STATEMENT.match(name) else ("", "")
    # GET is a request over HTTP where no keys are.
    return (verb, target) if system in _KEYED or verb not in KEYED or is_sql(verb) else ("", "")


def _bare(collection: str, attributes: Mapping[str, str]) -> str:
    """A collection without the namespace that it stands in, templated."""
    around = _SCHEMAS | set(_NAMESPACE.split(attributes.get("db.namespace", "").lower()))
    while "." in collection and collection.partition(".")[0].lower() in around:
        collection = collection.partition(".")[2]
    return template(collection)
