"""A dimension that this release does not have: what it takes to add it to a copy of the checkout."""

from pathlib import Path

NAME = "publishing"
DIMENSION = '''"""Publishing: which messages a path publishes."""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.wire.span import Kind


def _published(variant: Variant) -> Iterator[Trait]:
    for call in variant.calls:
        if call.operation.kind is Kind.PRODUCER:
            yield Trait("publishing", None, call.operation.name, call.operation.service, "published")


def _says(trait: Trait, seen: Seen) -> str:
    return f"'{trait}' in {seen.reference:.0%} of production and in {seen.candidate:.0%} of the tests."


def _claims(judged: Judged) -> str:
    return f"All {judged.always} messages are published."


PUBLISHING = Dimension(
    name="publishing",
    asks="does a path publish the same messages?",
    remedy="Give the tests a broker.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_published),
    claims=_claims,
    says=_says,
    blind="What is in a message.",
    decides_gate=True,
)
'''
TEST = '''"""Publishing: a message that tests do not send."""

from monitor.flows.flow import Flow, Node, Operation
from monitor.wire.span import Kind
from tests.dimensions.scenario import Scenario, calling

_silent = calling("POST /charge")


def _publishing(number: int) -> Flow:
    flow = _silent(number)
    message = Node(Operation("shop", Kind.PRODUCER, "send orders"), 0)
    return flow._replace(shape=(*flow.shape, message), self_times=(*flow.self_times, 70))


SCENARIO = Scenario(
    production=_publishing, faithful=_publishing, drifting=_silent, subject="send orders published"
)
'''
IMPORT, TABLE = "from monitor.dimensions.outcome import", "    STRUCTURE,"


def add_to(checkout: Path) -> None:
    """Add the dimension: its file, and its line in the table with the import."""
    (checkout / "monitor" / "dimensions" / f"{NAME}.py").write_text(DIMENSION, encoding="utf-8")
    table = checkout / "monitor" / "dimensions" / "__init__.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(IMPORT) == text.count(TABLE) == 1
    text = text.replace(IMPORT, f"from monitor.dimensions.{NAME} import {NAME.upper()}\n{IMPORT}")
    table.write_text(text.replace(TABLE, f"{TABLE} {NAME.upper()},"), encoding="utf-8")
