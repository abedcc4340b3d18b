"""From what a sample shows to what to do about it."""

from collections.abc import Iterator

from monitor.base.permission import Grant
from monitor.dimensions.words import counted
from monitor.drift.hints import gateway, split_traces
from monitor.pipeline.inspect.configuration import Given, Roles, comparisons, configuration, roles
from monitor.pipeline.inspect.inspected import EnvironmentSeen, Finding, Inspected, Inspection, TopicSeen
from monitor.pipeline.timeline.arrivals import Arrivals, stranger
from monitor.wire.span import UNKNOWN

FEW = 0.01
"""A share below which nothing is said."""
NAMED = 3
"""At most this many services are named in one sentence."""
_MARK = "OTEL_RESOURCE_ATTRIBUTES="


def advise(seen: Inspected, given: Given) -> Inspection:
    """What was seen, what to do about it, and the configuration that follows."""
    found = roles(seen, given)
    findings = (*_broker(seen, given), *_records(seen, given), *_spans(seen, given, found))
    return Inspection(seen=seen, findings=findings, configuration=configuration(seen, given, found))


def _broker(seen: Inspected, given: Given) -> Iterator[Finding]:
    for lacking in seen.lacking:
        operations = " and ".join(lacking.operations)
        kind, _, name = lacking.resource.split(":", 2)
        grant = Grant("group" if kind == "Group" else "topic", name, lacking.operations)
        yield Finding(
            says=f"not permitted: {operations} on {lacking.resource}", remedy=f"grant it: {grant.command}"
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


def _spans(seen: Inspected, given: Given, found: Roles) -> Iterator[Finding]:
    yield from _unknown(seen)
    by_name = {each.name: each for each in seen.environments}
    yield from _absent(seen, given, found)
    yield from _strangers(seen, given, found)
    for candidate in found.candidates:
        yield from _identity(by_name[candidate])
    yield from _sampling(by_name.get(found.reference))
    if seen.split.split and not given.rekey:
        hint = split_traces(seen.split.split, seen.split.traces, seen.split.example)
        yield Finding(says=hint.says, remedy=hint.remedy)
    for entry in seen.entries:
        if not entry.passed:
            hint = gateway(entry.entry, entry.share, entry.environment)
            yield Finding(says=hint.says, remedy=hint.remedy)


def _absent(seen: Inspected, given: Given, found: Roles) -> Iterator[Finding]:
    """Sides of comparisons of which the sample has nothing."""
    there = {each.name for each in seen.environments}
    wanted = [] if found.reference in there else [f"of {found.reference}, the reference,"]
    if not found.candidates and given.policy.follows_environments:
        wanted.append(f"of a test environment ({', '.join(_candidates(given))})")
    elif not given.policy.follows_environments:
        wanted += [f"of {name}, a candidate," for name in _candidates(given) if name not in there]
    for missing in wanted if seen.spans else ():
        says = f"no span {missing} is in this sample"
        yield Finding(says=says, remedy="see which environments there are, or take more --records")


def _candidates(given: Given) -> list[str]:
    return list(dict.fromkeys(each.candidate for each in given.policy.comparisons))


def _strangers(seen: Inspected, given: Given, found: Roles) -> Iterator[Finding]:
    """Environments that the configuration below would not compare, and those that it has to be made for."""
    policy = given.policy.model_copy(update={"comparisons": comparisons(found, given)})
    arrivals = Arrivals.unpack({each.name: 0 for each in seen.environments if each.name != UNKNOWN})
    for name in arrivals.strangers(given.policy):
        spans = sum(each.spans for each in seen.environments if each.name == name)
        says = f"{counted(spans, 'span')} of {name}, which is on no side of a comparison"
        named = name in (found.reference, *found.candidates)
        remedy = "the configuration below compares it" if named else stranger(name, policy).remedy
        yield Finding(says=says, remedy=remedy)


def _unknown(seen: Inspected) -> Iterator[Finding]:
    lost = sum(each.spans for each in seen.environments if each.name == UNKNOWN)
    if lost > FEW * seen.spans:
        says = f"{lost / seen.spans:.0%} of the spans name no environment"
        remedy = f"{_MARK}deployment.environment.name=NAME, or environments.NAME.topics or .match"
        spaces = [space for each in seen.environments if each.name == UNKNOWN for space in each.namespaces]
        of_spaces = f" {{k8s.namespace.name: [...]}}; seen there: {', '.join(spaces)}" if spaces else ""
        yield Finding(says=says, remedy=f"{remedy}{of_spaces}")


def _identity(candidate: EnvironmentSeen) -> Iterator[Finding]:
    if candidate.runs < 1 - FEW:
        says = f"{candidate.runs:.0%} of the spans of {candidate.name} carry the id of a test run"
        remedy = f"{_MARK}cicd.pipeline.run.id=ID in the test job; without, evidence is slower"
        yield Finding(says=says, remedy=remedy)


def _sampling(reference: EnvironmentSeen | None) -> Iterator[Finding]:
    if reference is not None and 0 < reference.sampled < 1 - FEW:
        says = f"{reference.sampled:.0%} of the spans of {reference.name} state a sampling probability"
        remedy = "let every sampler write tracestate `ot=th`, or none: the others count as one each"
        yield Finding(says=says, remedy=remedy)
