"""Messages that nobody takes in the tests, said of who sends them: read from the records of flows."""

import pytest
from msgspec.structs import replace

from monitor.dimensions import ENDS
from monitor.dimensions.dimension import Severity
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.taken import untaken
from monitor.drift.verdict import Examples, State, Verdict
from monitor.ledgers.coverage import COVERAGE

SENT = "shop send orders"


def flow(name: str, *lines: Verdict, sends: tuple[str, ...] = (), reference: int = 1024) -> FlowVerdicts:
    return FlowVerdicts(
        partition=0, offset=0, flow=name, verdicts=lines, sends=sends, reference_weight=reference
    )


def line(state: State, dimension: str = COVERAGE.name) -> Verdict:
    return Verdict(
        flow="mailer process orders",
        outcome="",
        dimension=dimension,
        severity=Severity.PAGES,
        subject="",
        service="mailer",
        state=state,
        effect=1.0,
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=4.0,
        reference_n=900,
        candidate_n=9,
        onset=None,
        moved="unknown",
        reason="No test exercises it any more.",
        examples=Examples(),
    )


SENDER = flow("shop POST /orders", sends=(SENT,))
LOST = flow("mailer process orders", line(State.DRIFT))


def test_who_sends_is_named() -> None:
    """The sender's flow has a line of its own, with what took the message in production, and why."""
    [found] = untaken([SENDER, LOST])
    assert (found.flow, found.subject, found.service) == (SENDER.flow, f"{SENT} taken", "shop")
    assert (found.state, found.evidence_log10) == (State.SUSPECT, 4.0)
    assert found.reason == (
        "The tests send 'shop send orders', and nobody takes it there, as far as is seen. In production "
        "'mailer process orders' begins with it. No test exercises it any more."
    )


@pytest.mark.parametrize(
    "taker",
    [
        flow("mailer process orders", line(State.OK)),
        flow("mailer process orders", line(State.INSUFFICIENT)),
        flow("mailer process orders", line(State.DRIFT, ENDS.name)),
        flow("mailer process payments", line(State.DRIFT)),
        replace(LOST, reference_weight=0),
    ],
)
def test_what_is_taken_is_quiet(taker: FlowVerdicts) -> None:
    """A consumer that tests exercise, whatever it does, and one that production does not have."""
    assert list(untaken([SENDER, taker])) == []


def test_one_taker_is_enough() -> None:
    """Where another consumer takes it in the tests, under whatever name, it is taken."""
    other = flow("mailer-2 receive orders", reference=0)
    assert list(untaken([SENDER, LOST, other])) == []


def test_a_message_that_nobody_takes_anywhere_is_no_question() -> None:
    """Production's consumers send no telemetry, or take it inside of a request."""
    assert list(untaken([SENDER])) == []
