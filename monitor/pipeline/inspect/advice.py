"""From what a sample shows to what to do about it, and to the configuration to paste."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from monitor.drift.hints import gateway, glob, split_traces
from monitor.drift.policy import Comparison
from monitor.pipeline.inspect.inspected import EnvironmentSeen, Finding, Inspected, Inspection, TopicSeen
from monitor.wire.semconv import ENVIRONMENT
from monitor.wire.span import UNKNOWN

FEW = 0.01
"""A share below which nothing is said."""
NAMED = 3
"""So many services are named in one sentence."""
_PRODUCTION = re.compile(r"(^|[-_.])(prod|live)", re.IGNORECASE)
_TESTS = re.compile(r"test|integration|stag|qa|e2e|(^|[-_.])(ci|int)([-_.]|$)", re.IGNORECASE)
_MARK = "OTEL_RESOURCE_ATTRIBUTES="


class Given(NamedTuple):
    """What the settings say: where to read, what is compared, environments as a person wrote them.

    reread_ms: so much log time a restart reads again.
    """

    brokers: tuple[str, ...]
    topics: tuple[str, ...]
    encoding: str
    comparison: Comparison
    environments: Mapping[str, Mapping[str, Any]]
    pass_through: tuple[str, ...]
    reread_ms: int


def advise(seen: Inspected, given: Given) -> Inspection:
    """What was seen, what to do about it, and the configuration that follows."""
    reference, candidate = _roles(seen, given)
    configuration = _configuration(seen, given, reference, candidate)
    findings = (*_broker(seen, given), *_records(seen, given), *_spans(seen, reference, candidate))
    return Inspection(seen=seen, findings=findings, configuration=configuration)


def _roles(seen: Inspected, given: Given) -> tuple[str, str]:
    """Reference and candidate: as configured where they were seen, else what their names or ids suggest."""
    names = list(dict.fromkeys(each.name for each in seen.environments if each.name != UNKNOWN))
    told = given.comparison
    likely = [told.reference] if told.reference in names else list(filter(_PRODUCTION.search, names))
    reference = (likely or [told.reference])[0]
    others = [name for name in names if name != reference]
    with_runs = [each.name for each in seen.environments if each.runs and each.name in others]
    likely = with_runs + list(filter(_TESTS.search, others)) + others
    candidate = told.candidate if told.candidate in others else (likely or [told.candidate])[0]
    return reference, candidate


def _configuration(seen: Inspected, given: Given, reference: str, candidate: str) -> dict[str, Any]:
    usual = next(iter(seen.encodings), given.encoding)
    passed = [*given.pass_through, *(glob(each.entry) for each in seen.entries if not each.passed)]
    known = {each.name: each for each in reversed(seen.environments)}
    names = dict.fromkeys((reference, candidate, *(name for name in known if name != UNKNOWN)))
    sections = {name: _environment(name, known.get(name), given) for name in names}
    return {
        "kafka": {
            "brokers": list(given.brokers),
            "traces": {"topics": list(given.topics), "encoding": usual},
        },
        "environments": sections,
        "comparisons": [{"name": f"{reference}-{candidate}", "reference": reference, "candidate": candidate}],
        **({"flows": {"pass_through": list(dict.fromkeys(passed))}} if passed else {}),
    }


def _environment(name: str, seen: EnvironmentSeen | None, given: Given) -> dict[str, Any]:
    """The section of one environment: as a person wrote it, else by the values that name it."""
    if name in given.environments:
        return {key: value for key, value in given.environments[name].items() if value}
    named = seen is not None and seen.rule in (ENVIRONMENT, "header")
    return {"match": {ENVIRONMENT: list(seen.values)}} if seen is not None and named else {}


def _broker(seen: Inspected, given: Given) -> Iterator[Finding]:
    for lacking in seen.lacking:
        operations = " and ".join(lacking.operations)
        yield Finding(
            says=f"not permitted: {operations} on {lacking.resource}",
            remedy=f"allow this user the operations {operations} on {lacking.resource}",
        )
    for topic in seen.topics:
        yield from _topic(topic, given)


def _topic(topic: TopicSeen, given: Given) -> Iterator[Finding]:
    if not topic.held:
        says = f"topic {topic.name} is empty"
        yield Finding(says=says, remedy="check that the Collector's kafka exporter writes to this topic")
    if "compact" in topic.cleanup_policy:
        says = f"topic {topic.name} is compacted: spans would vanish, and flowdrift refuses it"
        yield Finding(says=says, remedy="set cleanup.policy=delete on it")
    if topic.timestamp_type == "CreateTime":
        says = f"topic {topic.name} has the timestamps of its producers, whose clocks may be wrong"
        yield Finding(says=says, remedy="set message.timestamp.type=LogAppendTime on it")
    if topic.retention_ms is not None and 0 <= topic.retention_ms < 3 * given.reread_ms:
        says = f"topic {topic.name} keeps records for {topic.retention_ms // 1000} s only"
        yield Finding(says=says, remedy=f"set its retention.ms to {3 * given.reread_ms} or more")


def _records(seen: Inspected, given: Given) -> Iterator[Finding]:
    others = {name: count for name, count in seen.encodings.items() if name != given.encoding}
    for name, count in others.items():
        says = f"{count:,} of {seen.records:,} records are in {name}, configured is {given.encoding}"
        several = len(seen.encodings) > 1
        remedy = "one encoding a topic: mend the producers" if several else f"kafka.traces.encoding: {name}"
        yield Finding(says=says, remedy=remedy)
    for code, count in seen.rejected.items():
        says = f"{count:,} of {seen.records:,} records hold no spans that can be read: {code}"
        wrong = code == "wrong_signal"
        remedy = "give logs and metrics topics of their own" if wrong else "see which producer sends them"
        yield Finding(says=says, remedy=f"{remedy}; they are counted and skipped")
    if seen.records_ahead:
        says = f"{seen.records_ahead:,} records have timestamps more than 5 minutes ahead of this clock"
        yield Finding(says=says, remedy="mend the clocks of their producers, or of this machine")
    yield from _clocks(seen)


def _clocks(seen: Inspected) -> Iterator[Finding]:
    remedy = "check the clocks of their hosts, delays on the way, and the unit of their times (ns)"
    for side, word in (("ahead", "after"), ("behind", "before")):
        far = {clock.service: getattr(clock, side) for clock in seen.clocks if getattr(clock, side)}
        if far:
            names = list(far)
            named = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if names[NAMED:] else "")
            says = f"spans of {named} end up to {max(far.values()):,} s {word} the time of their record"
            yield Finding(says=says, remedy=remedy)


def _spans(seen: Inspected, reference: str, candidate: str) -> Iterator[Finding]:
    yield from _unknown(seen)
    by_name = {each.name: each for each in seen.environments}
    for role, name in (("reference", reference), ("candidate", candidate)):
        if seen.spans and name not in by_name:
            says = f"no span of {name}, the {role}, is in this sample"
            yield Finding(says=says, remedy="see `environments` below, or take more --records")
    yield from _identity(by_name.get(candidate))
    yield from _sampling(by_name.get(reference))
    if seen.split.split:
        hint = split_traces(seen.split.split, seen.split.traces, seen.split.example)
        yield Finding(says=hint.says, remedy=hint.remedy)
    for entry in seen.entries:
        if not entry.passed:
            hint = gateway(entry.entry, entry.share, entry.environment)
            yield Finding(says=hint.says, remedy=hint.remedy)


def _unknown(seen: Inspected) -> Iterator[Finding]:
    lost = sum(each.spans for each in seen.environments if each.name == UNKNOWN)
    if lost > FEW * seen.spans:
        says = f"{lost / seen.spans:.0%} of the spans name no environment"
        remedy = f"{_MARK}deployment.environment.name=NAME, or environments.NAME.topics or .match"
        spaces = [space for each in seen.environments if each.name == UNKNOWN for space in each.namespaces]
        of_spaces = f" {{k8s.namespace.name: [...]}}; seen there: {', '.join(spaces)}" if spaces else ""
        yield Finding(says=says, remedy=f"{remedy}{of_spaces}")


def _identity(candidate: EnvironmentSeen | None) -> Iterator[Finding]:
    if candidate is not None and candidate.runs < 1 - FEW:
        says = f"{candidate.runs:.0%} of the spans of {candidate.name} carry the id of a test run"
        remedy = f"{_MARK}cicd.pipeline.run.id=ID in the test job; without, evidence is slower"
        yield Finding(says=says, remedy=remedy)


def _sampling(reference: EnvironmentSeen | None) -> Iterator[Finding]:
    if reference is not None and 0 < reference.sampled < 1 - FEW:
        says = f"{reference.sampled:.0%} of the spans of {reference.name} state a sampling probability"
        remedy = "let every sampler write tracestate `ot=th`, or none: the others count as one each"
        yield Finding(says=says, remedy=remedy)
