"""The words that distinguish what one carrier carries; the attributes and who writes them: `wire.carried`.

| carried | words |
| --- | --- |
| a GraphQL operation | `query Cart`, `mutation` where it has no name; else as its document says |
| a call of MCP | `tools/call get_weather` |
| an operation of SOAP | its name |
| a job | its class or name |
| a message | its type; of RabbitMQ its routing key |
| a workflow, an activity | its type |
| a function that is invoked | its name |

Of job systems, the names of spans are believed, too, where no attribute says the class: `RefundJob process`.
"""

import re
from collections.abc import Iterable, Mapping

from monitor.flows.messages import spoken
from monitor.wire.free_text import template
from monitor.wire.span import Facts, Kind

WITHIN = "carried.within"
"""Attribute of a span that others are merged into (`hops`): what these said that it carries."""

_GRAPHQL = ("graphql.operation.type", "graphql.operation.name")
_MCP = ("mcp.method.name", "gen_ai.tool.name", "gen_ai.prompt.name")
_DOCUMENT = ("graphql.document",)
_SOAP = ("soap.operation",)
_JOB = ("job.name",)
_ROWS = (
    (WITHIN,),
    _GRAPHQL,
    _DOCUMENT,
    _MCP,
    _SOAP,
    _JOB,
    ("messaging.message.type",),
    ("code.namespace",),
    ("messaging.rabbitmq.destination.routing_key",),
    ("temporal.activity_type",),
    ("temporal.workflow_type",),
    ("faas.invoked_name",),
)
"""Attributes whose words belong together; the first row of which a span has one counts."""

_OPERATION = re.compile(r"((?:query|mutation|subscription)(?: \w+)?)|GraphQL Query: (\w+)")
"""What semantic conventions, and strawberry, name spans by operation."""

_ARGUMENTS = re.compile(r"(?<=\w)\s?[(\[].*", re.DOTALL)
"""With what a job, a message or a function was called: `RefundJob(17, 'Muster')`."""

_GRAPHQL_SCOPE = re.compile("graphql|strawberry", re.IGNORECASE)
_SOAP_SCOPE = re.compile(r"jax-?ws|spring-ws|\bsoap", re.IGNORECASE)
"""Libraries whose spans within a request are named by what is asked: `ShopService/refund`."""

_BY_FORM = (("job.class",), ("event.type",))
_QUEUED_ROWS = (("job.class",), ("job.kind",), ("event.type",))
_QUEUED = (Kind.PRODUCER, Kind.CONSUMER)
_INNER = (Kind.INTERNAL, Kind.SERVER)
_JOB_SYSTEMS = frozenset(
    (
        "sidekiq",
        "resque",
        "delayed_job",
        "que",
        "active_job",
        "good_job",
        "solid_queue",
        "celery",
        "bullmq",
        "oban",
        "arq",
        "saq",
        "rq",
        "dramatiq",
        "huey",
        "faktory",
        "asynq",
        "shoryuken",
        "pg-boss",
        "hangfire",
        "river",
    )
)


def carried(facts: Facts) -> str:
    """What a span carries, in words; '' where it says nothing of it."""
    attributes = facts.attributes
    if words := _said(attributes, _ROWS):
        return words
    if facts.kind in _QUEUED and (words := _said(attributes, _QUEUED_ROWS)):
        return words
    if attributes.get("messaging.system", "").lower() in _JOB_SYSTEMS:
        named = spoken(facts)[1]
        return "" if named == attributes.get("messaging.destination.name") else template(named)
    return ""


def carried_within(facts: Facts) -> str:
    """What a span says that the request around it carries: GraphQL, MCP or RPC under a route.

    Libraries make it INTERNAL or, as their server answers, SERVER; one that is a request over HTTP by itself
    carries nothing within another. Spans of GraphQL are named by operation, as the conventions ask, so that
    the name will do where the attributes are switched off.
    """
    attributes = facts.attributes
    if facts.kind not in _INNER or (facts.kind is Kind.SERVER and "http.request.method" in attributes):
        return ""
    if words := _said(attributes, (_GRAPHQL, _DOCUMENT, _MCP, _SOAP, ("rpc.method",))):
        return words
    if _SOAP_SCOPE.search(facts.scope):
        return template(facts.name)
    named = _OPERATION.fullmatch(facts.name) if _GRAPHQL_SCOPE.search(facts.scope) else None
    return (named[1] or named[2]) if named else ""


def job_within(facts: Facts) -> str:
    """What a span says of the job for which the consumer around it was called."""
    if facts.kind is not Kind.INTERNAL:
        return ""
    return _said(facts.attributes, (_JOB, *_BY_FORM))


def _said(attributes: Mapping[str, str], rows: Iterable[tuple[str, ...]]) -> str:
    """The words of the first of these rows of which attributes say something."""
    for row in rows:
        if words := [attributes[name] for name in row if name in attributes]:
            return template(_ARGUMENTS.sub("", " ".join(words)))
    return ""


AND = " + "
"""Between the operations of a batch."""


def together(words: Iterable[str]) -> str:
    """What several children say of one request: of a batch each operation once, whatever their order."""
    return AND.join(sorted({each for each in words if each}))
