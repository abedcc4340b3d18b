"""What a carrier carries: the attributes that distinguish what one queue, route or worker does.

A queue carries jobs, a topic messages, `POST /graphql` operations: the carrier is not the operation. Each
name here is kept under the first name of its row, which `flows.carried` puts into the operation's name.

| kept as | read from | written by |
| --- | --- | --- |
| graphql.operation.type, .name | themselves | semantic conventions: Java, Node, Ruby, .NET, Apollo Router |
| | graphql.operationType, .operationName | SmallRye GraphQL |
| | graphql.operation.kind | Hot Chocolate |
| | graphql.operation | Spring for GraphQL before 2.0: the name, or the type where it has none |
| | selected_operation_type, selected_operation_name | opentelemetry-ruby-contrib before 0.19 |
| graphql.document (reduced to its operation) | itself | semantic conventions |
| | graphql.source, gql.request.query | async-graphql; otelgqlgen |
| soap.operation | names that end with soap and operation, method or action | by hand |
| mcp.method.name, gen_ai.tool.name, gen_ai.prompt.name | themselves | semantic conventions for MCP |
| job.name | itself | Quartz.NET |
| | messaging.{sidekiq,resque,que}.job_class, messaging.delayed_job.name | opentelemetry-ruby-contrib |
| | celery.task_name, remoulade.actor_name | opentelemetry-python-contrib |
| | taskiq.task_name | taskiq |
| | messaging.bullmq.job.name | @appsignal/opentelemetry-instrumentation-bullmq |
| | bullmq.job.name | BullMQ's own telemetry (bullmq-otel) |
| | messaging.message.job_name | opentelemetry-auto-laravel |
| | asynq.task.type, rq.job.function | asynq's middlewares; opentelemetry-instrumentation-rq |
| | durabletask.task.name | Durable Task, Azure Durable Functions |
| | messaging.oban.worker | opentelemetry_oban |
| | `messaging.*` that ends with job or task and class, name or type | by hand, and other job systems |
| job.class | names that end with job, task or actor and class, type, ... | Oban, saq, Faktory, ... |
| job.kind | kind; names that end with job, task or actor and name | River; huey, ... |
| messaging.message.type | itself | by hand: it is in no convention |
| | messaging.message_type | Wolverine |
| | messaging.masstransit.message_types | MassTransit |
| | nservicebus.enclosed_message_types | NServiceBus |
| | symfony.messenger.message | opentelemetry-auto-symfony |
| | messaging.socket.io.event_name | @opentelemetry/instrumentation-socket.io |
| | cloudevents.event_type | semantic conventions for CloudEvents |
| | `messaging.*` that ends with message or event and type or name | by hand, and other libraries |
| event.type | names that end with message, event, command or payload and type or class | Axon; by hand |
| messaging.rabbitmq.destination.routing_key | itself | semantic conventions |
| | messaging.rabbitmq.routing_key, rabbit.routing_key | their older form; Brave |
| temporal.workflow_type, temporal.activity_type | themselves | by hand, around Temporal's SDKs |
| | temporalWorkflowType, temporalActivityType | sdk-python of Temporal, in its errors |
| | cadenceWorkflowType, cadenceActivityType | Cadence's Java and Go clients |
| faas.name, faas.trigger, faas.invoked_name | themselves | semantic conventions for FaaS |
| db.stored_procedure.name | itself | semantic conventions |
| code.namespace | itself, where messaging.system is `active_job` | opentelemetry-ruby-contrib: the class |
"""

import re
from functools import lru_cache

DOCUMENTS = ("graphql.document", "graphql.source", "gql.request.query")
"""Attributes that hold a GraphQL document."""

CARRIED: dict[str, tuple[str, ...]] = {
    "graphql.operation.type": (
        "graphql.operationType",
        "graphql.operation.kind",
        "selected_operation_type",
    ),
    "graphql.operation.name": ("graphql.operationName", "graphql.operation", "selected_operation_name"),
    "graphql.document": DOCUMENTS[1:],
    "soap.operation": (),
    "mcp.method.name": (),
    "gen_ai.tool.name": (),
    "gen_ai.prompt.name": (),
    "job.name": (
        "messaging.sidekiq.job_class",
        "messaging.resque.job_class",
        "messaging.que.job_class",
        "messaging.delayed_job.name",
        "celery.task_name",
        "remoulade.actor_name",
        "taskiq.task_name",
        "messaging.bullmq.job.name",
        "bullmq.job.name",
        "messaging.message.job_name",
        "messaging.oban.worker",
        "asynq.task.type",
        "rq.job.function",
        "durabletask.task.name",
    ),
    "job.class": (),
    "job.kind": ("kind",),
    "messaging.message.type": (
        "messaging.message_type",
        "messaging.masstransit.message_types",
        "nservicebus.enclosed_message_types",
        "symfony.messenger.message",
        "messaging.socket.io.event_name",
        "cloudevents.event_type",
    ),
    "event.type": (),
    "messaging.rabbitmq.destination.routing_key": ("messaging.rabbitmq.routing_key", "rabbit.routing_key"),
    "temporal.workflow_type": ("temporalWorkflowType", "cadenceWorkflowType"),
    "temporal.activity_type": ("temporalActivityType", "cadenceActivityType"),
    "faas.name": (),
    "faas.trigger": (),
    "faas.invoked_name": (),
    "db.stored_procedure.name": (),
    "code.namespace": (),
}

_NO_JOB = r"(?!(?:messaging|k8s|cicd|aws|gcp|azure|host|thread|process|test)[._])"
_CLASS = (
    r"(?:(?:job|task|actor|worker)[._-]?(?:class|type|kind|function)|job[._-]worker|task[._-]?identifier)"
    r"(?:[._-]name)?"
)
_BY_FORM = (
    ("job.name", r"messaging\.(?:[\w.]*[._])?(?:job|task)[._](?:class|name|type)"),
    ("messaging.message.type", r"messaging\.(?!rocketmq)(?:[\w.]*[._])?(?:message|event)[._](?:type|name)"),
    ("job.class", rf"{_NO_JOB}(?:[\w.-]*[._-])?{_CLASS}"),
    ("job.kind", rf"{_NO_JOB}(?:[\w.-]*[._-])?(?:job|task|actor)[._-]?name"),
    ("event.type", r"(?!messaging\.)(?:[\w.-]*[._-])?(?:message|event|command|payload)[._-]?(?:type|class)"),
    ("soap.operation", r"(?:[\w.-]*[._-])?soap[._-]?(?:operation|method|action)(?:[._-]name)?"),
)
"""RocketMQ's message type is a mode of delivery; jobs of Kubernetes and pipelines run services and tests. The
name of a worker is that of a process; outside of queues the name of a task may be what a user called it."""

_FORMS = tuple([(row, re.compile(form, re.IGNORECASE)) for row, form in _BY_FORM])


@lru_cache(maxsize=4_096)
def carried_as(name: str) -> str:
    """The first name of the row for an attribute that no table has, by its form; '' for any other."""
    return next((row for row, form in _FORMS if form.fullmatch(name)), "")
