"""Who may name a dimension or a ledger: its own room, and the public names that stand in this file."""

import ast
import re
from collections.abc import Iterator

import pytest

from monitor.ledgers import QUESTIONS
from monitor.settings.model import schema
from monitor.telemetry.catalogue import METRICS
from tests.test_architecture import FILES, ROOT, parse

OWN = ("monitor/dimensions/", "monitor/ledgers/")
"""Here each name is declared, and nowhere else a rule depends on one."""

PUBLIC = {
    ("monitor/drift/report.py", "coverage"): "the section of that ledger in the report, with its types",
    ("monitor/publish/client.py", "audit"): "a route of the API",
    ("monitor/pipeline/audit/upgrade.py", "structure"): "a name in state of format 3",
    ("monitor/pipeline/audit/upgrade.py", "timing"): "a name in state of format 3",
    ("monitor/pipeline/audit/upgrade.py", "outcome"): "a name in state of format 3",
    ("monitor/pipeline/audit/upgrade.py", "coverage"): "a name in state of format 3",
    ("monitor/drift/report.py", "parity"): "the section of that ledger in the report",
    ("monitor/demo/news.py", "coverage"): "the section of the report",
    ("monitor/kafka/settings.py", "auth"): "how to identify oneself to Kafka",
}
"""File and name -> what outsiders know by that name there."""
PUBLIC_METRICS = {
    "flowdrift_audit_completeness_ratio",
    "flowdrift_coverage_covered",
    "flowdrift_coverage_observed",
    "flowdrift_coverage_out_of_scope",
}
PUBLIC_SETTINGS = {"audit", "auth", "parity"}
NOUNS = {"outcome", "audit", "concurrency"}
"""Names that are also words for other things: as keyword or key, `outcome` is how the flows of a path end,
`audit` what a run or a summary counts of its calls, `concurrency` the number of an agent's workers."""
CONSTANTS = {name.upper() for name in QUESTIONS}


def named(module: ast.Module) -> Iterator[str]:
    """Names of dimensions and ledgers in a module: as strings, keywords, patterns, or modules imported."""
    keys = {id(key) for key in keys_in(module) if isinstance(key, ast.Constant) and key.value in NOUNS}
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=str(text)) if text in QUESTIONS and id(node) not in keys:
                yield text
            case ast.keyword(arg=str(text)) if text in QUESTIONS.keys() - NOUNS:
                yield text
            case ast.ImportFrom(module=str(source)) if source.startswith(
                ("monitor.dimensions.", "monitor.ledgers.")
            ):
                yield from {source.rpartition(".")[2]} & QUESTIONS.keys()
            case ast.ImportFrom(names=imported) | ast.Import(names=imported):
                yield from (each.name.lower() for each in imported if each.name in CONSTANTS)


def keys_in(module: ast.Module) -> Iterator[ast.expr | None]:
    """What stands as a key of a mapping: where one is written, and where one is read."""
    for node in ast.walk(module):
        match node:
            case ast.Dict(keys=keys):
                yield from keys
            case ast.Subscript(slice=key):
                yield key


def elsewhere() -> Iterator[tuple[str, str]]:
    """File and name, wherever a file outside the two rooms names one."""
    for path in FILES:
        file = path.relative_to(ROOT).as_posix()
        if not file.startswith(OWN):
            yield from ((file, name) for name in named(parse(path)))


def test_no_code_names_a_dimension() -> None:
    """Outside dimensions/ and ledgers/ no code names one, but for the public names listed here."""
    assert sorted(set(elsewhere())) == sorted(PUBLIC)


def words(name: str) -> set[str]:
    return set(re.split(r"[_\W]+", name.lower()))


def test_public_metrics_are_listed() -> None:
    """The metrics that carry the name of a dimension or ledger are those listed here."""
    assert {each.name for each in METRICS if words(each.name) & QUESTIONS.keys()} == PUBLIC_METRICS


def settings(node: object) -> Iterator[str]:
    """The keys of every section in a JSON schema."""
    if isinstance(node, dict):
        yield from node.get("properties", ())
        for each in node.values():
            yield from settings(each)
    elif isinstance(node, list):
        for each in node:
            yield from settings(each)


def test_public_settings_are_listed() -> None:
    """The settings that carry the name of a dimension or ledger are those listed here."""
    assert {key for key in settings(schema()) if words(key) & QUESTIONS.keys()} == PUBLIC_SETTINGS


@pytest.mark.parametrize(
    "source",
    [
        'if line.dimension == "coverage": pass',
        'kept = {"fanout": 3}',
        'kept = line.dimension in {"timing", "outcome"}',
        "kept = dict(structure=3)",
        'match name:\n    case "dependency": pass',
        "from monitor.dimensions.fanout import anything",
        "from monitor.ledgers import COVERAGE",
    ],
)
def test_every_way_of_naming_one_is_noticed(source: str) -> None:
    """A comparison, a key, a set, a keyword, a pattern or an import that names one is found."""
    assert list(named(ast.parse(source)))


def test_words_of_other_things_are_left_alone() -> None:
    """Attributes, longer strings and `outcome` as keyword or key name no dimension."""
    source = 'path(outcome=line.outcome, says="the timing of it"); {"outcome": line["outcome"]}'
    assert list(named(ast.parse(source))) == []
