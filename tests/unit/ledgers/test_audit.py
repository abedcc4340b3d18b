"""The audit of the calls of a row, of a run, and what is said of it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.drift.records.audit import MOST_SERVICES, OTHERS, RunAudit, Unaudited, services_of
from monitor.drift.records.sums import PartSums
from monitor.flows.flow import Flow, FlowId, Node, Operation, Outcome
from monitor.flows.graded import Grade, Payload, grade_of, graded, payload_of
from monitor.flows.outcome import ending
from monitor.ledgers.audit import AUDIT
from monitor.ledgers.audit.calls import Call, Called, calls_of
from monitor.ledgers.audit.tally import MOST_CALLS, REST, CallTally
from monitor.ledgers.fleet import AuditedRun, Fleet
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.facts import FactsTable
from monitor.wire.span import Kind
from tests.factories import facts
from tests.rows import row

CHARGE = Operation("shop", Kind.CLIENT, "POST /charge")
ENTRY = Node(Operation("shop", Kind.SERVER, "POST /orders"), -1)
GOOD, SILENT = Grade(Outcome.OK, Payload.SIZE), Grade(None, Payload.NOTHING)


def number(grade: Grade) -> int:
    return next(each for each in range(16) if graded(each) == grade)


def flow(*below: Node, grades: Sequence[Grade]) -> Flow:
    shape = (ENTRY, *below)
    return row(1, run="ci-1", case="buys")._replace(shape=shape, grades=tuple(map(number, grades)))


def nobody(_: FlowId, __: Operation) -> str:
    return ""


def payments(_: FlowId, __: Operation) -> str:
    return "payments"


def charged(partner: bool, *, grades: Sequence[Grade], notes: tuple[str, ...] = ()) -> Flow:
    """An order whose charge is answered by payments, or not."""
    server = Node(Operation("payments", Kind.SERVER, "POST /charge"), 1)
    return flow(Node(CHARGE, 0, notes), *([server] if partner else []), grades=grades)


def test_a_call_is_answered_by_the_span_below_it() -> None:
    """Its service is whoever answered; what either side says of ending and payload is known of the call."""
    entry, call = calls_of(charged(True, grades=[GOOD, SILENT, GOOD]), payments)
    assert call == Call(
        1, Called("shop POST /orders", "shop", "POST /charge", "payments"), True, Outcome.OK, GOOD.payload
    )
    assert call.lacks == 0
    assert (entry.called.caller, entry.called.service, entry.partner) == ("", "shop", True)


def test_a_partner_is_missing_where_such_calls_are_answered() -> None:
    """Without any answer anywhere no span is due: a database or a third party sends none."""
    silent = charged(False, grades=[GOOD, SILENT])
    [_, missing], [_, alone] = calls_of(silent, payments), calls_of(silent, nobody)
    assert (missing.partner, missing.called.service) == (False, "payments")
    assert (alone.partner, alone.called.service) == (None, "")


def test_whom_a_caller_names_is_asked() -> None:
    """Where nobody answers, the service that the caller names is the one that the call is counted for."""
    [_, call] = calls_of(charged(False, grades=[GOOD, GOOD], notes=("asks bank",)), nobody)
    assert call.called.service == "bank"


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ({"http.request.method": "GET", "http.response.status_code": "200"}, Outcome.OK),
        ({"http.request.method": "GET", "http.response.status_code": "503"}, Outcome.FAILED),
        ({"http.request.method": "GET", "error.type": "timeout"}, Outcome.FAILED),
        ({"http.request.method": "GET"}, None),
        ({"rpc.system.name": "grpc", "rpc.method": "shop.Cart/Get"}, None),
        ({"rpc.system.name": "dubbo", "rpc.method": "shop.Cart/Get"}, Outcome.OK),
        ({"db.system.name": "postgresql"}, Outcome.OK),
    ],
)
def test_an_ending_is_stated_where_conventions_ask_for_it(
    attributes: dict[str, str], outcome: Outcome | None
) -> None:
    """HTTP and gRPC spans state a code or an error; others say nothing where they end well."""
    of = facts(kind=Kind.CLIENT, attributes=attributes)
    assert graded(grade_of(of, ending(of))).outcome is outcome


def test_a_stated_size_is_a_payload_record() -> None:
    """Whatever the number, and whichever conventions name it: only that it is stated is kept."""
    table = FactsTable(Attribution(AttributionSettings()))
    origin = table.origin([], "", None)
    for name in ("http.response.body.size", "http.response_content_length"):
        kept = table.attribution.vocabulary.kept([(name, "48213")])
        of = table.facts(origin, "GET /", int(Kind.SERVER), False, kept, None)
        assert payload_of(of) is Payload.SIZE and "48213" not in of.attributes.values()
    assert payload_of(facts()) is Payload.NOTHING


def test_every_grade_has_a_number_of_its_own() -> None:
    """Numbers in rows mean the same for ever: outcome times four, plus payload."""
    assert [number(graded(each)) for each in range(16)] == [*range(16)]
    assert graded(0) == SILENT and graded(5) == GOOD and graded(15) == Grade(Outcome.FAILED, Payload.BODY)


def call(
    lacking_partner: bool = False, payload: Payload = Payload.NOTHING, name: str = "POST /charge"
) -> Call:
    called = Called("shop POST /orders", "shop", name, "payments")
    return Call(1, called, not lacking_partner, Outcome.OK, payload)


def tally(*calls: Call) -> CallTally:
    kept = CallTally()
    for place, each in enumerate(calls):
        kept.observe(each, f"{place:032x}")
    return kept


def test_a_run_adds_up_what_is_missing_per_call_and_service() -> None:
    """Calls without a partner are unaudited; payloads are due where other calls of the kind have one."""
    audit = tally(call(), call(lacking_partner=True), call(payload=Payload.BODY)).audit()
    assert (audit.calls, audit.unaudited, audit.completeness) == (3, 2, 0.333333)
    assert audit.services == {"payments": (3, 2)} and audit.payloads == (2, 0, 0, 1)
    [found] = audit.found
    assert (found.calls, found.partner, found.outcome, found.payload) == (3, 1, 0, 2)
    assert found.trace == f"{1:032x}"


def test_without_any_payload_none_is_due() -> None:
    """Most instrumentation records none: that is no finding, and the sums say it."""
    audit = tally(call(), call()).audit()
    assert audit.unaudited == 0 and audit.found == () and audit.payloads == (2, 0, 0, 0)


def test_kinds_of_calls_are_bounded() -> None:
    """Beyond the limit calls are counted together, so that sums stay exact."""
    kept = tally(*(call(True, name=f"GET /{n}") for n in range(MOST_CALLS + 5)))
    assert len(kept.counts) == MOST_CALLS + 1 and sum(kept.counts[REST]) == 5
    assert kept.audit().calls == kept.audit().unaudited == MOST_CALLS + 5


CALLS = st.lists(
    st.builds(call, st.booleans(), st.sampled_from(Payload), st.sampled_from(["GET /a", "GET /b"])),
    max_size=8,
)


@given(CALLS)
def test_a_tally_survives_a_restart(calls: list[Call]) -> None:
    """What is packed in the middle of a run adds up to the same."""
    kept = tally(*calls)
    kept.listed, kept.beyond = 3, 4
    restored = CallTally.unpack(kept.pack())
    assert restored.audit() == kept.audit() and restored.pack() == kept.pack()


def found(service: str, unaudited: int = 1) -> Unaudited:
    names = {"flow": "shop POST /orders", "caller": "shop", "call": "POST /charge", "service": service}
    return Unaudited(**names, calls=4, unaudited=unaudited, partner=unaudited, outcome=0, payload=0, trace="")


AUDITS = st.builds(
    RunAudit,
    calls=st.integers(0, 99),
    unaudited=st.integers(0, 9),
    payloads=st.just(()) | st.tuples(*[st.integers(0, 9)] * 4),
    listed=st.integers(0, 9),
    beyond=st.integers(0, 9),
    services=st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 9), st.integers(0, 9))),
    found=st.just(()) | st.just((found("payments"),)),
)


@given(AUDITS, AUDITS, AUDITS)
def test_parts_of_a_run_add_up_in_any_order(a: RunAudit, b: RunAudit, c: RunAudit) -> None:
    """Shards and partitions may be merged as they come; nothing is the neutral part."""
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(b) == b.merge(a)
    assert a.merge(RunAudit()) == a == RunAudit().merge(a)


def test_services_beyond_the_limit_are_one() -> None:
    """Their calls count under a name of their own, also when such sums are added up again."""
    many = {f"s{n:03}": (2, 1) for n in range(MOST_SERVICES + 3)}
    kept = services_of(many.items())
    assert len(kept) == MOST_SERVICES + 1 and kept[OTHERS] == (6, 3)
    assert services_of([*kept.items(), *kept.items()])[OTHERS] == (12, 6)


def lines_of(*found_calls: Unaudited) -> list[str]:
    audited = AuditedRun("ci-7", RunAudit(calls=9, found=found_calls))
    fleet = Fleet("production", "integration", PartSums(), runs=[audited])
    return [line.reason for line in AUDIT.lines(fleet)]


def test_a_line_says_what_is_missing_and_what_to_do() -> None:
    """It names who calls whom, in which run, and whose telemetry to mend."""
    [line] = lines_of(found("payments", 4))
    assert line == (
        "shop calls 'POST /charge' of payments: in run ci-7 no span of payments arrived for any of 4 calls. "
        "Let payments send telemetry, alias its stub (services.aliases), or see what drops spans."
    )


def test_a_fully_recorded_run_says_nothing() -> None:
    """The quiet twin: no line, and all calls are audited."""
    audit = tally(call(), call()).audit()
    fleet = Fleet("production", "integration", PartSums(), runs=[AuditedRun("ci-7", audit)])
    assert [*AUDIT.lines(fleet)] == []
    section = AUDIT.section(fleet)
    assert isinstance(section, RunAudit) and section.completeness == 1.0
