"""What a destination of messages is called, without where it is and without names that a broker made up.

    arn:aws:sns:eu-west-1:123456789012:orders               -> orders
    https://sqs.eu-west-1.amazonaws.com/123456789012/orders -> orders
    projects/shop-prod/topics/orders                        -> orders
    rabbitmq://broker/shop/orders?durable=true              -> orders
    amq.gen-JzTY20BRgKO-HjmUJj0wLg                          -> {temporary}

Temporary are names of the following forms; each is what the named program makes up by itself:

| form | from |
| --- | --- |
| `amq.gen-*`, `amq.ctag-*`, `amq.rabbitmq.reply-to*` | RabbitMQ: named by the server, direct reply-to |
| `spring.gen-*`, a UUID alone, `*.anonymous.*` | Spring AMQP, Celery's results; Spring Cloud Stream |
| `_INBOX.*`, `_R_.*` | NATS |
| `ID:*`, `temp-queue://*`, `temp-topic://*`, `TemporaryQueue*`, `TempQueue*` | JMS: ActiveMQ, Qpid |
| `$TMP$*`, `#P2P/*`, `AMQ.` and 16 hexadecimal digits | TIBCO EMS, Solace, IBM MQ |
| `*_bus_*` and at least 20 letters and digits | MassTransit: the queue of one process |
| `(temporary)`, `(anonymous)`, `<generated>` | OpenTelemetry's Java agent, Laravel |
| reply, response, callback, temp with a UUID or a long token | everybody's reply queues |
"""

import re

TEMPORARY = "{temporary}"
"""The one name of temporary and anonymous destinations."""

_UNIQUE = r"(?:[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|(?=\w*\d)\w{16,})"
_MADE_UP = re.compile(
    rf"""
      amq\.(?:gen-|ctag-|rabbitmq\.reply-to).* | spring\.gen-.* | .*\.anonymous\.[\w-]{{20,}}
    | [0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}
    | _INBOX\..* | _R_\..*
    | ID:.* | temp-(?:queue|topic)://.* | Temp(?:orary)?(?:Queue|Topic)\b.*
    | \$TMP\$.* | \#P2P/.* | AMQ\.[0-9A-F]{{16}}.*
    | .*_bus_[a-z0-9]{{20,}}
    | \(temporary\) | \(anonymous\) | <generated>
    | (?i:.*\b(?:reply|replies|response|callback|te?mp)\b.*?[-._:]{_UNIQUE}.*)
    | (?i:{_UNIQUE}[-._:](?:.*[-._:])?(?:reply|replies|response|callback)\b.*)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACED = re.compile(r"projects/[^/]+/(?:topics|subscriptions)/(.+)|arn:[^:]*:(?:sns|sqs):[^:]*:[^:]*:(.+)")
_URI = re.compile(r"[A-Za-z][\w+.-]*://(?:[^?]*/)?([^/?]+)/?(?:\?.*)?")


def bare_destination(name: str) -> str:
    """The name of a destination without its place; `{temporary}` for one that was made up."""
    name = name.strip()
    if _MADE_UP.fullmatch(name):
        return TEMPORARY
    placed = _PLACED.fullmatch(name) or _URI.fullmatch(name)
    if not placed:
        return name
    bare = next(filter(None, placed.groups()))
    return TEMPORARY if _MADE_UP.fullmatch(bare) else bare
