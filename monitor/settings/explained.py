"""What `check-config` says of settings that are right: where they stand, and what is compared with what."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.drift.policy import Comparison
from monitor.settings.loading import Found
from monitor.settings.model import EnvironmentSection, Settings


def explained(file: Path | None, found: Found) -> Iterator[str]:
    """Lines for people; names of variables and settings, never the value of a secret."""
    settings = found.settings
    yield f"file: {file}, with {', '.join(found.sections) or 'no section'}" if file else "file: none"
    yield f"environment variables: {', '.join(found.variables) or 'none'}"
    if found.others:
        yield f"no settings, as nothing in them has two underscores: {', '.join(found.others)}"
    yield from (f"reads {line}" for line in _sources(settings))
    for name, environment in settings.environments.items():
        alone = "" if settings.policy.compares(name) else "; compared with nothing"
        yield f"environment {name}: {_recognised(name, environment)}{alone}"
    yield from (f"comparison {each.name}: {_compared(each)}" for each in settings.comparisons)


def _sources(settings: Settings) -> Iterator[str]:
    for name, kafka in settings.sources.items():
        where = (
            f"{', '.join(kafka.brokers)} ({name})" if len(settings.sources) > 1 else ", ".join(kafka.brokers)
        )
        rekeyed = ", brought together by trace id first" if kafka.traces.rekey else ""
        yield f"{', '.join(kafka.traces.topics)} at {where}, {kafka.traces.encoding}{rekeyed}"


def _recognised(name: str, environment: EnvironmentSection) -> str:
    """How spans of an environment are recognised."""
    topics = [f"all of topic {topic}" for topic in environment.topics]
    matches = [f"{attribute} = {' or '.join(globs)}" for attribute, globs in environment.match.items()]
    return "; ".join([*topics, *matches]) or f"deployment.environment.name = {name}"


def _compared(comparison: Comparison) -> str:
    sides = f"{comparison.candidate} (tests) against {comparison.reference}"
    when = ["shown from its first flow on"] if comparison.when_seen else []
    return ", ".join([sides, *when, *_rolling(comparison.rolling)])


def _rolling(rolling: Mapping[str, tuple[str, ...]] | None) -> list[str]:
    """Which runs can page, where not all of them can."""
    if rolling is None:
        return []
    runs = " or ".join(f"{name} = {' or '.join(globs)}" for name, globs in rolling.items())
    return [f"only runs with {runs} page" if runs else "no run pages"]
