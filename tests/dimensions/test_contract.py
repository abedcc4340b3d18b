"""Contract: field_vanishes, type_changes: responses of the tests have other fields than production's."""

from typing import Any

import orjson
import pytest

from monitor.flows.flow import Body, Flow
from monitor.wire.payload import fields_of
from tests.dimensions.scenario import Make, Scenario, calling, found, lines, log_of

_usual = calling("POST /charge")
SUBJECT = "response of shop POST /orders"
WHOLE: dict[str, Any] = {"receipt": {"id": "r-1", "lines": [{"price": 1}]}, "total": 3, "note": None}


def answering(*bodies: object, response: bool = True) -> Make:
    """Flows whose entry answers, or gets, these bodies in turn."""
    fields = [fields_of(body if isinstance(body, str) else orjson.dumps(body).decode()) for body in bodies]

    def make(number: int) -> Flow:
        said = fields[number % len(fields)]
        return _usual(number)._replace(bodies=(Body(0, response, said),) if said else ())

    return make


def without(name: str) -> dict[str, Any]:
    """The response without a field."""
    return {key: value for key, value in WHOLE.items() if key != name}


SCENARIO = Scenario(
    production=answering(WHOLE),
    faithful=answering(WHOLE),
    drifting=answering({**WHOLE, "receipt": {"lines": [{"price": 1}]}}),
    subject=SUBJECT,
)


def contract(production: Make, tests: Make) -> list[dict[str, Any]]:
    """The lines on tests that differ so from production."""
    scenario = SCENARIO._replace(production=production, drifting=tests)
    return lines(log_of(scenario, drifting=True).fold(), "contract")


def test_a_field_that_vanishes_is_named() -> None:
    """With its path, whose response it is, both shares, and what shows it."""
    [line] = lines(log_of(SCENARIO, drifting=True).fold(), "contract")
    field = "The field 'receipt.id' of the response of 'shop POST /orders'"
    assert line["reason"].startswith(f"{field} is there in all 2,000 production traces and in 0 of")
    assert "as recorded bodies show." in line["reason"]


def test_a_type_that_changes_is_one_line() -> None:
    """Not a number that is missing and a string that is new."""
    [line] = contract(answering(WHOLE), answering({**WHOLE, "total": "3"}))
    assert (line["state"], line["subject"]) == ("drift", SUBJECT)
    assert line["reason"].startswith(
        "The field 'total' of the response of 'shop POST /orders' is a number in all"
    )
    assert "Different, too: it is a string." in line["reason"]


def test_an_object_that_vanishes_is_one_line() -> None:
    """What was in it is no news."""
    [line] = contract(answering(WHOLE), answering(without("receipt")))
    assert (line["state"], line["subject"]) == ("drift", SUBJECT)
    assert line["reason"].startswith("The field 'receipt' of the response")
    assert "Different, too" not in line["reason"]


def test_a_field_that_only_tests_have_is_named() -> None:
    """As much as one that is missing, and so are the requests that tests send."""
    [line] = contract(answering({"a": 1}, response=False), answering({"a": 1, "debug": True}, response=False))
    assert (line["state"], line["subject"]) == ("drift", "request of shop POST /orders")
    assert line["reason"].startswith("The field 'debug' of the request")


CUT = orjson.dumps(WHOLE).decode()[:20]


@pytest.mark.parametrize(
    ("production", "tests"),
    [
        ([WHOLE, without("note"), without("total")], [without("note")]),
        ([WHOLE, {**WHOLE, "total": None}], [WHOLE]),
        ([WHOLE], [{**WHOLE, "receipt": {"id": "x", "lines": []}}]),
        ([{**WHOLE, "total": None}, WHOLE], [{**WHOLE, "total": None}]),
        ([WHOLE], [CUT]),
        ([CUT], [WHOLE]),
        ([WHOLE], ["<receipt/>"]),
        ([{"stock": {"4711": 1, "4712": 2}}], [{"stock": {"99": 3}}]),
        ([{"stock": {"4711": 1}}], [{"stock": {}}]),
    ],
    ids=["optional", "nullable", "empty", "null", "cut", "cut there", "xml", "map", "empty map"],
)
def test_what_may_be_otherwise_is_no_difference(production: list[object], tests: list[object]) -> None:
    """Optional fields, nulls, empty arrays, maps by ids, and bodies that are not known as a whole."""
    lines = contract(answering(*production), answering(*tests))
    assert {state for state, _ in found(lines)} <= {"ok", "insufficient"}
    assert {subject for _, subject in found(lines)} <= {""}


def test_bodies_that_one_side_does_not_record_are_not_judged() -> None:
    """That it records none is no difference; and nothing is claimed of what production records."""
    [line] = contract(answering(WHOLE), answering(""))
    assert (line["state"], line["subject"]) == ("insufficient", "")
    assert contract(answering(""), answering(WHOLE)) == []


def test_where_no_body_is_recorded_there_is_no_line() -> None:
    """The question is for those who ask for it."""
    assert contract(answering(""), answering("")) == []
