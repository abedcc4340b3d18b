"""The HTTP API keeps what its OpenAPI document says, whatever is asked (Schemathesis draws the requests)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from monitor.publish.access import Access
from monitor.publish.settings import EVERYWHERE
from tests.examples import examples
from tests.unit.publish.bench import Bench, seen
from tests.unit.publish.records import COMPARISON, comparison_record, flow_record, tell, verdict

TOKEN = "s3cret"
DOCUMENT = "/api/v1/openapi.json"
OPERATIONS = sorted(
    (method, path)
    for path, operations in Bench().ask(DOCUMENT).json()["paths"].items()
    for method in operations
)

load_all_checks()


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> schemathesis.BaseSchema:
    """The document of an application that knows a flow and some runs, and asks for a token."""
    token_file: Path = tmp_path_factory.mktemp("access") / "token"
    token_file.write_text(TOKEN, encoding="utf-8")
    bench = Bench(access=Access(EVERYWHERE, token_file))
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record())
    tell(bench.view, f"flow/{COMPARISON}/a", flow_record("a", verdict("a")))
    settled = {"partition": 0, "offset": 1, "environment": "integration", "run": "0", "settled": True}
    tell(bench.view, "run/integration/0", settled)
    seen(bench, "1", "A")
    return schemathesis.openapi.from_asgi(DOCUMENT, bench.app)


def modes(operation: APIOperation[Any, Any, Any, Any]) -> Iterator[st.SearchStrategy[Case[Any]]]:
    """Requests as the document describes them, and others; of no parameter none is wrong."""
    yield operation.as_strategy(GenerationMode.POSITIVE)
    if list(operation.iter_parameters()):
        yield operation.as_strategy(GenerationMode.NEGATIVE)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=str)
def test_every_answer_is_one_that_the_document_has(
    schema: schemathesis.BaseSchema, method: str, path: str
) -> None:
    """Status, media type, body and headers; nothing fails inside; without the token what needs it is 401."""

    @settings(examples(40), derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(*modes(schema[path][method])))
    def holds(case: Case[Any]) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        # The document does not say which names there are, and the token is ours, whatever was drawn.
        unjudged: list[CheckFunction] = [positive_data_acceptance, negative_data_rejection]
        case.call_and_validate(headers=headers, excluded_checks=unjudged)

    holds()
