"""Names that hold the name of an environment, and services that have another name elsewhere."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.metamorphic.systems.model import Job, System, Topic, all_operations
from tests.metamorphic.telemetry.capture import PRODUCTION, Capture
from tests.metamorphic.telemetry.spans import Span, rewritten
from tests.metamorphic.transformations.transformation import Side, Transformation, each_span, has

WORDS = {PRODUCTION: "prod"}
OTHERWISE = "staging"
SUFFIX_ALIASES = {"*-prod": "*", "*-staging": "*", "*_prod": "*", "*_staging": "*"}
PREFIX_ALIASES = {"prod.*": "*", "staging.*": "*"}
Name = Callable[[str, str], str]


def _suffixed(name: str, word: str) -> str:
    return f"{name}-{word}"


def _prefixed(name: str, word: str) -> str:
    return f"{word}.{name}"


def _by_environment(change: Callable[[Span, str], Span]) -> Callable[[Capture, Random], Capture]:
    """Rewrite every span with the word of its side's environment."""

    def rewrite(capture: Capture, rng: Random) -> Capture:
        word = WORDS.get(capture.environment, OTHERWISE)
        traces = (
            trace._replace(root=rewritten(trace.root, lambda span: change(span, word)))
            for trace in capture.traces
        )
        return capture._replace(traces=tuple(traces))

    return rewrite


def _destinations(name: Name) -> Callable[[Span, str], Span]:
    def change(span: Span, word: str) -> Span:
        for attribute in ("messaging.destination.name", "messaging.destination"):
            destination = str(span.attributes.get(attribute, ""))
            if destination and "messaging.sidekiq.job_class" not in span.attributes:
                renamed = name(destination, word)
                attributes = {**span.attributes, attribute: renamed}
                return span._replace(name=span.name.replace(destination, renamed), attributes=attributes)
        return span

    return change


def _databases(span: Span, word: str) -> Span:
    for attribute in ("db.namespace", "db.name"):
        if attribute in span.attributes:
            namespace = f"{span.attributes[attribute]}_{word}"
            return span._replace(attributes={**span.attributes, attribute: namespace})
    return span


def _services(span: Span, word: str) -> Span:
    """The service, and its name where others call it."""
    attributes = dict(span.attributes)
    host = attributes.get("server.address")
    is_database = "db.system.name" in attributes or "db.system" in attributes
    if host and not is_database:
        attributes["server.address"] = f"{host}-{word}"
        if "url.full" in attributes:
            attributes["url.full"] = str(attributes["url.full"]).replace(f"//{host}", f"//{host}-{word}")
    return span._replace(service=f"{span.service}-{word}", attributes=attributes)


def _moved(span: Span, word: str) -> Span:
    """The service under the name that it has in another deployment; its hosts keep theirs."""
    return span._replace(service=f"{span.service}-next")


def _by_class(span: Span) -> Span:
    """A job of Sidekiq named by its class: the option `span_naming: job_class` of the instrumentation."""
    name = span.attributes.get("messaging.sidekiq.job_class")
    return span._replace(name=f"{name} {span.name.split()[-1]}") if name else span


def _has_sidekiq(system: System) -> bool:
    interfaces = (each.interface for each in all_operations(system))
    return any(isinstance(each, Job) and each.framework == "sidekiq" for each in interfaces)


def _aliases(aliases: Mapping[str, str]) -> dict[str, Any]:
    return {"services": {"aliases": dict(aliases)}}


ALL = (
    Transformation(
        "jobs named by class",
        "Spans of Sidekiq are named by the class of the job instead of the queue.",
        each_span(_by_class),
        needs=_has_sidekiq,
    ),
    Transformation(
        "destinations end with the environment",
        "Topics are called orders-prod in production and orders-staging in the tests.",
        _by_environment(_destinations(_suffixed)),
        sides=(Side.BOTH,),
        needs=has(Topic),
        settings=_aliases(SUFFIX_ALIASES),
    ),
    Transformation(
        "destinations begin with the environment",
        "Topics are called prod.orders in production and staging.orders in the tests.",
        _by_environment(_destinations(_prefixed)),
        sides=(Side.BOTH,),
        needs=has(Topic),
        settings=_aliases(PREFIX_ALIASES),
    ),
    Transformation(
        "databases end with the environment",
        "Databases are called main_prod in production and main_staging in the tests.",
        _by_environment(_databases),
        sides=(Side.BOTH,),
        settings=_aliases(SUFFIX_ALIASES),
    ),
    Transformation(
        "services end with the environment",
        "Services and their hosts are called shop-prod in production and shop-staging in the tests.",
        _by_environment(_services),
        sides=(Side.BOTH,),
        settings=_aliases(SUFFIX_ALIASES),
    ),
    Transformation(
        "services renamed",
        "Every service has another name on one side, and services.aliases says so.",
        _by_environment(_moved),
        sides=(Side.PRODUCTION, Side.TESTS),
        settings=_aliases({"*-next": "*"}),
    ),
)
