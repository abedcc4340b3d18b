"""What drivers and pools do to have a connection: inside their service, no call of it.

    pg.connect, pg-pool.connect, sql.connector.connect, sql.conn.reset_session, pool.acquire, redis AUTH,
    dns.lookup

A warm pool does none of it, a process that has just begun does all of it: production hardly ever, a test run
each time. What is asked over the connection are the calls.

Sources of the names: @opentelemetry/instrumentation-pg, -redis, -ioredis and -dns; XSAM/otelsql;
exaring/otelpgx; opentelemetry-instrumentation-sqlalchemy; opentelemetry-auto-pdo.
"""

import re

from monitor.flows.flow import Operation
from monitor.wire.span import Facts, Kind

_SPOKEN = re.compile(
    r"(?:[\w-]+(?:\.|::|\s))*(?:[\w-]+-)?"
    r"(?:connect|re_?connect|ping|reset_?session|acquire|get_?connection|__construct)",
    re.IGNORECASE,
)
"""A hyphen ends a word once, before the verb: else a name of many hyphens has 2^n readings, all tried."""
_LOOKUP = "dns.lookup"
_KEYED = ("redis", "valkey", "keydb")
_COMMANDS = frozenset(("CONNECT", "AUTH", "HELLO", "CLIENT", "PING", "INFO", "COMMAND", "READONLY", "QUIT"))
_SAID = ("db.operation.name", "db.collection.name", "db.query.summary")


def as_done(facts: Facts, named: Operation) -> Operation:
    """The operation `named` of a span with these facts: internal where it is about a connection alone."""
    return named._replace(kind=Kind.INTERNAL) if _connects(facts) else named


def _connects(facts: Facts) -> bool:
    attributes = facts.attributes
    system = attributes.get("db.system.name", "")
    if facts.kind is not Kind.CLIENT or not (system or "sql" in facts.scope.lower()):
        return facts.name == _LOOKUP
    said = next((attributes[name] for name in _SAID if name in attributes), "")
    if system in _KEYED:
        return (said or facts.name).upper().split(" ")[0] in _COMMANDS or _SPOKEN.fullmatch(
            facts.name
        ) is not None
    return said.lower() in ("", "connect", "ping") and _SPOKEN.fullmatch(facts.name) is not None
