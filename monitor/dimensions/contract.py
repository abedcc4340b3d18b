"""Contract: which fields requests and responses have, and of which types, where their bodies are recorded.

A field is asked for where what it is in is there: the fields of a missing object are no news, nor are those
of items where an array is empty. Null is no type: a field that is null says nothing of its type.
"""

from collections.abc import Iterator

from monitor.dimensions.contents import Contents, Field
from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.words import counted, in_production, in_tests

_TYPES = {"o": "an object", "a": "an array", "s": "a string", "n": "a number", "b": "a boolean", "z": "null"}
_LISTED = 5


def _traits(contents: Contents) -> Iterator[Trait]:
    for field in contents.fields():
        if field.path and not field.is_one_of_many:
            yield _trait(field, field.asked_in, "")
        for letter in field.types:
            yield _trait(field, field.known("there" if letter == "z" else "value"), _TYPES[letter])


def _trait(field: Field, given: Trait, value: str) -> Trait:
    return Trait("contract", given, f"{field.side} {field.path}".strip(), field.operation.service, value)


def _operation(trait: Trait) -> Given:
    return trait.given.given if isinstance(trait.given, Trait) else trait.given


def _parts(trait: Trait) -> tuple[str, str]:
    side, _, path = str(trait.what).partition(" ")
    return side, path


def _says(trait: Trait, seen: Seen) -> str:
    side, path = _parts(trait)
    operation = _operation(trait)
    if not seen.reference_n:
        return f"Fields of the {side} of '{operation}' drifted, and production has not recorded it since."
    field = f"field '{path}' of the {side}" if path else f"whole {side}"
    is_it = f"is {trait.value}" if trait.value else "is there"
    rates = f"in {in_production(seen)} and in {in_tests(seen)}"
    return f"The {field} of '{operation}' {is_it} {rates}, as recorded bodies show.{_others(trait, seen)}"


def _others(trait: Trait, seen: Seen) -> str:
    here = [other.value for other in seen.others if other.what == trait.what and other.value]
    there = dict.fromkeys(
        _parts(other)[1] or "the whole" for other in seen.others if other.what != trait.what
    )
    instead = f" Different, too: it is {', '.join(here)}." if here else ""
    more = f" and {counted(len(there) - _LISTED, 'more')[:-1]}" if len(there) > _LISTED else ""
    return instead + (f" Different, too: {', '.join([*there][:_LISTED])}{more}." if there else "")


def _subject(trait: Trait) -> str:
    return f"{_parts(trait)[0]} of {_operation(trait)}"


def _claims(judged: Judged) -> str:
    if not judged.known:
        return "No bodies are recorded here."
    return "What is recorded has the fields that production always has, of the same types, and no others."


CONTRACT = Dimension(
    name="contract",
    asks="do requests and responses have the same fields, of the same types?",
    remedy="Let the tests, or the stub that they ask, send what production sends.",
    severity=Severity.WARNS,
    evidence=Presence(extract=_traits, of=Contents),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=_subject,
    blind="Bodies that are not recorded as a whole, fields that production has only sometimes, and values.",
    only_where_known=True,
)
