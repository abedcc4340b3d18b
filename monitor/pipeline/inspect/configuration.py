"""From what a sample shows to the configuration to paste: where to read, what is what, what is compared."""

import re
from collections.abc import Iterator, Mapping
from glob import escape
from typing import Any, NamedTuple

from monitor.drift.policy import Comparison, Policy
from monitor.pipeline.inspect.inspected import Inspected
from monitor.pipeline.timeline.arrivals import section_of
from monitor.wire.attribution import STATED
from monitor.wire.semconv import ENVIRONMENT
from monitor.wire.span import UNKNOWN

_PRODUCTION = re.compile(r"(^|[-_.])(prod|live)", re.IGNORECASE)
_TESTS = re.compile(r"test|integration|stag|qa|e2e|(^|[-_.])(ci|int)([-_.]|$)", re.IGNORECASE)


class Given(NamedTuple):
    """What the settings say: where to read, what is compared, environments as a person wrote them.

    reread_ms: so much log time a restart reads again. rekey: the spans of one trace may lie anywhere.
    """

    brokers: tuple[str, ...]
    topics: tuple[str, ...]
    encoding: str
    policy: Policy
    environments: Mapping[str, Mapping[str, Any]]
    pass_through: tuple[str, ...]
    reread_ms: int
    rekey: bool = False


class Roles(NamedTuple):
    """What production is here, and which environments are to be compared with it."""

    reference: str
    candidates: tuple[str, ...]


def roles(seen: Inspected, given: Given) -> Roles:
    """As configured where that was seen; else what names suggest, and which environments have test runs."""
    names = list(dict.fromkeys(each.name for each in seen.environments if each.name != UNKNOWN))
    set_ = given.policy.comparisons[0].reference
    likely = [set_] if set_ in names else list(filter(_PRODUCTION.search, names))
    reference = (likely or [set_])[0]
    configured = [c.candidate for c in given.policy.comparisons if c.reference == reference]
    found = [name for name in configured if name in names]
    with_runs = [each.name for each in seen.environments if each.runs]
    more = dict.fromkeys((*with_runs, *filter(_TESTS.search, names)))
    candidates = dict.fromkeys((*found, *(name for name in more if name not in (reference, UNKNOWN))))
    return Roles(reference, tuple(candidates))


def comparisons(found: Roles, given: Given) -> tuple[Comparison, ...]:
    """The comparisons of these roles: those of the settings, and what has to be added."""
    kept = tuple(c for c in given.policy.comparisons if c.reference == found.reference)
    follows = bool(kept) and given.policy.follows_environments
    known = {c.candidate for c in kept}
    return kept + tuple(
        Comparison(
            name=f"{found.reference}-{name}",
            reference=found.reference,
            candidate=name,
            when_seen=follows,
        )
        for name in (section_of(each)[0] for each in found.candidates if each not in known)
    )


def configuration(seen: Inspected, given: Given, found: Roles) -> dict[str, Any]:
    """As a person would write it: comparisons that follow from the environments are left out."""
    usual = next(iter(seen.encodings), given.encoding)
    passed = [*given.pass_through, *(escape(each.entry) for each in seen.entries if not each.passed)]
    needed = comparisons(found, given)
    written = () if all(each.when_seen for each in needed) else needed
    names = dict.fromkeys((found.reference, *found.candidates, *(each.candidate for each in written)))
    return {
        "kafka": {
            "brokers": list(given.brokers),
            "traces": {
                "topics": list(given.topics),
                "encoding": usual,
                **({"rekey": True} if given.rekey or seen.split.split else {}),
            },
        },
        "environments": dict(_section(name, seen, given) for name in names),
        **({"comparisons": [_written(each) for each in written]} if written else {}),
        **({"flows": {"pass_through": list(dict.fromkeys(passed))}} if passed else {}),
    }


def _written(comparison: Comparison) -> dict[str, Any]:
    sides = {"reference": comparison.reference, "candidate": comparison.candidate}
    rolling = {} if comparison.rolling is None else {"rolling": comparison.model_dump(mode="json")["rolling"]}
    return {"name": comparison.name, **sides, **rolling}


def _section(name: str, seen: Inspected, given: Given) -> tuple[str, dict[str, Any]]:
    """An environment with what stands under it: as a person wrote it, else the values that name it."""
    if name in given.environments:
        written = given.environments[name].items()
        return name, {key: value for key, value in written if value and value != UNKNOWN}
    values = sorted({value for each in _named(name, seen) for value in each})
    key, section = section_of(name)
    return key, section if values in ([], [name]) else {"match": {ENVIRONMENT: values}}


def _named(environment: str, seen: Inspected) -> Iterator[tuple[str, ...]]:
    for each in seen.values:
        if each.environment == environment and each.attribute in (STATED, ENVIRONMENT):
            yield each.values
