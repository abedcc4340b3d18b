"""Differences as sentences: what runs in production, and what in the tests."""

from collections.abc import Sequence

from monitor.dimensions.words import among, counted, share
from monitor.flows.stated import FLAG, RUNTIME
from monitor.ledgers.parity.book import ALL, Values
from monitor.ledgers.parity.difference import Difference, own

_SAYS = {
    "version": "is version",
    RUNTIME: "runs",
    "sdk": "sends telemetry by",
    "platform": "runs on",
    "region": "runs in",
    "zone": "runs in",
    "architecture": "runs on",
    "image": "is image",
    "cpu limit": "has a CPU limit of",
    "memory limit": "has a memory limit of",
    "database": "uses",
    "broker": "uses",
}
_LANGUAGES = {
    "cpp": "C++",
    "dotnet": ".NET",
    "erlang": "Erlang",
    "go": "Go",
    "java": "Java",
    "nodejs": "Node.js",
    "php": "PHP",
    "python": "Python",
    "ruby": "Ruby",
    "rust": "Rust",
    "swift": "Swift",
}
"""The values of telemetry.sdk.language that have other names."""
NAMED = 5
"""Services that a sentence names."""


def sentence(found: Sequence[Difference], reference: str, candidate: str) -> str:
    """What differs, of one service or of several in which the same does."""
    first = found[0]
    if first.aspect.startswith(FLAG):
        return _flag(first, reference, candidate)
    live, tests = _values(first.aspect, first.reference), _values(first.aspect, first.candidate)
    differs = f"{_SAYS.get(first.aspect, first.aspect)} {live} in {reference} and {tests} in {candidate}"
    if len(found) == 1:
        return f"'{first.service}' {differs}."
    names = [f"'{each.service}'" for each in found]
    rest = f" and {counted(len(names) - NAMED, 'other')}" if len(names) > NAMED else ""
    return f"The {first.aspect} of {', '.join(names[:NAMED])}{rest} differs: '{first.service}' {differs}."


def _values(aspect: str, values: Values) -> str:
    """The values that a side has, with their shares where it has several."""
    shares = own(values)
    shown = [_value(aspect, value) for value in shares]
    if len(shown) == 1:
        return shown[0]
    parts = [f"{value} ({share(each)})" for value, each in zip(shown, shares.values(), strict=True)]
    return " and ".join(parts)


def _value(aspect: str, value: str) -> str:
    language, space, version = value.partition(" ")
    return f"{_LANGUAGES.get(language, language)}{space}{version}" if aspect == RUNTIME else value


def _flag(found: Difference, reference: str, candidate: str) -> str:
    key, variant = found.aspect.removeprefix(FLAG), found.missing[0]
    evaluated, instead = found.reference[ALL].flows, list(own(found.candidate))
    live = _of(found.reference[variant].flows, evaluated, f"{reference} request")
    tests = f"{instead[0]} in {_of(found.cases, found.cases, 'test case')}"
    if len(instead) > 1:
        tests = f"in none of {counted(found.cases, 'test case')}"
    about = "" if found.candidate[ALL].cases.is_exact else " (about)"
    return f"Flag '{key}' of '{found.service}' is {variant} in {live} and {tests}{about} of {candidate}."


def _of(part: int, whole: int, thing: str) -> str:
    """`1,482 of 1,500 production requests`, `all 6 test cases`, `the only test case`."""
    return f"{part:,} of {counted(whole, thing)}" if part < whole else among(1.0, whole, thing)
