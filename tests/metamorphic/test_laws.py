"""The laws themselves: what they let pass, and what they name."""

from dataclasses import replace

from monitor.drift.verdict import State
from tests.metamorphic import laws
from tests.metamorphic.changes import Change
from tests.metamorphic.conclusions import Conclusions, Subject
from tests.metamorphic.systems.model import Entry, Http, Operation, System
from tests.metamorphic.systems.suite import Suite
from tests.metamorphic.transformations.transformation import Allows

FLOW = "shop POST /orders"
PATH = Subject(FLOW, "ok", "structure", "")
CALL = Subject(FLOW, "ok", "structure", "shop POST /orders -> POST /charges")
SHARES = {"flows": 1.0, "traffic": 1.0, "failures": None, "faithful": 1.0}
GOOD = Conclusions({PATH: State.OK}, frozenset({FLOW}), SHARES, frozenset(), frozenset(), frozenset())
BAD = GOOD._replace(states={CALL: State.DRIFT})
HINTED = frozenset({("inner", FLOW)})
HINT = frozenset({Allows.HINTED})
NOTHING: frozenset[Allows] = frozenset()
SYSTEM = System((Entry(Operation("shop", Http("POST", "/orders")), 200),))
SUITE = Suite((0,))
CHANGE = Change("the call is never made", SYSTEM, SUITE, frozenset({"charges"}), (("orders",),))


def test_equal_conclusions_are_the_same() -> None:
    """Nothing is said of two observations that are judged alike."""
    assert list(laws.same(GOOD, GOOD, NOTHING)) == []


def test_no_hint_excuses_a_new_alarm() -> None:
    """A new drift, or suspect, about calls is wrong even where a hint says why."""
    assert list(laws.same(GOOD, BAD._replace(hints=HINTED), HINT)) == [f"new drift: {CALL}"]
    suspect = GOOD._replace(states={CALL: State.SUSPECT}, hints=HINTED)
    assert list(laws.same(GOOD, suspect, HINT)) == [f"new suspect: {CALL}"]


def test_any_other_difference_needs_a_hint() -> None:
    """A flow, a state or a number that changes is wrong, unless a hint is due and comes with it."""
    lesser = GOOD._replace(states={PATH: State.INSUFFICIENT})
    fewer = GOOD._replace(shares=SHARES | {"flows": 0.5}, missing=frozenset({"shop GET /"}))
    for other in (lesser, fewer):
        assert list(laws.same(GOOD, other, HINT)) != []
        assert list(laws.same(GOOD, other._replace(hints=HINTED), NOTHING)) != []
        assert list(laws.same(GOOD, other._replace(hints=HINTED), HINT)) == []


def test_less_telemetry_may_prove_less() -> None:
    """Where evidence and shares may differ, they are not compared; flows are, and all remains all."""
    half = GOOD._replace(shares=SHARES | {"traffic": 0.5})
    lesser = GOOD._replace(states={PATH: State.INSUFFICIENT}, shares=SHARES | {"traffic": 0.7})
    less = frozenset({Allows.EVIDENCE, Allows.SHARES})
    assert list(laws.same(half, lesser, less)) == []
    assert list(laws.same(half, GOOD, less)) != []
    assert list(laws.same(GOOD, half, less)) != []
    assert list(laws.same(GOOD, GOOD._replace(flows=frozenset()), less)) != []


def test_many_hints_are_a_flood() -> None:
    """Hints of more than a few kinds at once are wrong, since nobody reads them."""
    many = frozenset((f"kind {number}", FLOW) for number in range(laws.MOST_HINTS + 1))
    assert len(list(laws.same(GOOD, GOOD._replace(hints=many), NOTHING))) == 1


def test_flows_are_what_a_person_counts() -> None:
    """A flow too many, one too few and one that stands for two are named."""
    assert list(laws.faithful(SYSTEM, SUITE, GOOD)) == []
    assert list(laws.faithful(SYSTEM, SUITE, GOOD._replace(flows=frozenset()))) != []
    more = GOOD._replace(flows=GOOD.flows | {"shop POST"})
    assert list(laws.faithful(SYSTEM, SUITE, more)) != []


def test_untested_flows_must_be_missing_and_no_others() -> None:
    """What the suite leaves out is listed as missing; what it tests is not."""
    missing = GOOD._replace(missing=frozenset({FLOW}))
    assert list(laws.faithful(SYSTEM, SUITE, missing)) == ["'orders' is missing, although tested"]
    assert list(laws.faithful(SYSTEM, replace(SUITE, tested=()), missing)) == []
    assert list(laws.faithful(SYSTEM, replace(SUITE, tested=()), GOOD)) == [
        "'orders' is untested, and not missing"
    ]


def test_a_change_must_be_reported_or_unclaimed() -> None:
    """An alarm or a missing flow that names what differs will do, and so will the lack of any `ok`."""
    assert list(laws.found(CHANGE, GOOD)) == [f"'{PATH}' is ok, although the call is never made"]
    assert list(laws.found(CHANGE, BAD)) == []
    assert list(laws.found(CHANGE, GOOD._replace(states={PATH: State.INSUFFICIENT}))) == []
    assert list(laws.found(CHANGE, GOOD._replace(missing=frozenset({"payments POST /charges"})))) == []


def test_an_ok_of_another_flow_or_dimension_claims_nothing() -> None:
    """Only a line about the flow that differs, in a dimension that would see it, is a false claim."""
    assert list(laws.found(replace(CHANGE, flows=(("refunds",),)), GOOD)) == []
    assert list(laws.found(replace(CHANGE, claimed_by=frozenset({"fanout"})), GOOD)) == []
