"""What one path of a run says for a gate: its own units decide, the history lends them power."""

from typing import Any

import pytest

from monitor.dimensions.structure import STRUCTURE
from monitor.dimensions.trait import Trait
from monitor.drift.detectors.own import Own
from monitor.drift.detectors.tolerance import expected
from monitor.drift.facts import Fact
from monitor.drift.ruling import Evidence, Ruling, path_ruling, rule, strongest
from monitor.drift.verdict import State, Verdict
from monitor.fingerprints.snapshot import Share, Snapshot
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

ENTRY = Operation("shop", Kind.SERVER, "POST /orders")
CHARGE, FRAUD = (
    Trait("structure", ENTRY, Operation("shop", Kind.CLIENT, name), "shop")
    for name in ("POST /charge", "POST /fraud")
)
ALWAYS = Share(20_000, 20_000, weighted=False)


def own(*xs: float, trait: Trait = CHARGE, bet: float = 1.0) -> Own:
    """What these units say of a call that production always makes."""
    return Own(trait, ALWAYS, expected(ALWAYS, STRUCTURE.evidence), xs, len(xs), bet)


LIKE, PARTLY, LACKS, MUTE = own(1.0, 1.0), own(1.0, 0.0), own(0.0, 0.0), None


@pytest.mark.parametrize(
    ("fact", "drifts", "units", "ruling"),
    [
        (True, False, LACKS, Ruling.DRIFT),
        (True, True, LACKS, Ruling.DRIFT),
        (True, False, MUTE, Ruling.DRIFT),
        (False, True, LACKS, Ruling.DRIFT),
        (False, True, own(0.5, 0.5), Ruling.DRIFT),
        (False, True, PARTLY, Ruling.DIFFERS),
        (False, True, LIKE, Ruling.OTHERS),
        (False, True, MUTE, Ruling.OTHERS),
        (False, False, LACKS, Ruling.DIFFERS),
        (False, False, PARTLY, Ruling.DIFFERS),
        (False, False, LIKE, Ruling.LIKE),
        (False, False, MUTE, Ruling.LIKE),
    ],
)
def test_the_truth_table(fact: bool, drifts: bool, units: Own | None, ruling: Ruling) -> None:
    """A fact decides; a drift that no unit contradicts decides; else the units speak for themselves."""
    assert rule(fact=fact, drifts=drifts, own=units) is ruling


def line(state: State, trait: Trait | None = CHARGE) -> Verdict:
    """What is said of a trait, or (None) of the power of the path."""
    plain: dict[str, Any] = dict.fromkeys(Verdict.__struct_fields__, 0)
    subject = str(trait) if trait else ""
    about = {"dimension": "structure", "subject": subject, "state": state, "reason": f"It is {state}."}
    return Verdict(**{**plain, **about})


def evidence(*owns: Own, facts: tuple[Fact, ...] = ()) -> Evidence:
    return Evidence("ci-1", 2, facts, owns, unjudged=0, production=Snapshot())


POWER, NO_POWER = line(State.OK, None), line(State.INSUFFICIENT, None)


@pytest.mark.parametrize(
    ("owns", "lines", "state"),
    [
        ([LIKE], [POWER, line(State.OK)], State.OK),
        ([LIKE], [NO_POWER, line(State.OK)], State.INSUFFICIENT),
        ([LIKE], [POWER, line(State.DRIFT)], State.OK),
        ([LIKE], [POWER, line(State.SUSPECT)], State.OK),
        ([], [POWER, line(State.DRIFT)], State.OK),
        ([LACKS], [POWER, line(State.DRIFT)], State.DRIFT),
        ([LACKS], [NO_POWER, line(State.DRIFT)], State.DRIFT),
        ([LACKS], [POWER, line(State.SUSPECT)], State.SUSPECT),
        ([LACKS], [POWER, line(State.OK)], State.SUSPECT),
        ([PARTLY], [POWER, line(State.DRIFT)], State.SUSPECT),
        ([LIKE, own(0.0, trait=FRAUD)], [POWER, line(State.DRIFT)], State.SUSPECT),
        ([LIKE, own(0.0, trait=FRAUD)], [POWER, line(State.DRIFT, FRAUD)], State.DRIFT),
    ],
)
def test_the_state_of_a_path(owns: list[Own], lines: list[Verdict], state: State) -> None:
    """The worst trait of this run decides; without any, the power of the history."""
    assert path_ruling(evidence(*owns), lines).state is state


def test_a_drift_of_other_runs_is_a_note() -> None:
    """It is found, with what the run has to do with it, and is no reason against the run."""
    ruling = path_ruling(evidence(LIKE), [POWER, line(State.DRIFT)])
    assert [(each.ruling, each.says) for each in ruling.found] == [
        (Ruling.OTHERS, "Not shown by this run, and still open over others: It is drift.")
    ]
    assert ruling.unproven == ""


def test_a_finding_speaks_of_the_run() -> None:
    """Its sentence has the numbers of the run; a fact and a drift of one subject are one finding."""
    fact = Fact(STRUCTURE, CHARGE, 20_000, 20_000, 2, 2)
    [found] = path_ruling(evidence(LACKS, facts=(fact,)), [POWER, line(State.DRIFT)]).found
    says = "'shop POST /orders -> POST /charge' happens in all 20,000 production traces"
    assert found.says == f"{says} and in 0 of 2 test cases of run ci-1."
    assert (found.dimension, found.subject) == ("structure", str(CHARGE))
    assert path_ruling(evidence(PARTLY), [POWER]).unproven == (
        f"{says} and in 50 % of 2 test cases of run ci-1. That is not proven yet."
    )


def test_the_strongest_is_what_the_run_won_most_on() -> None:
    """Where only the evidence of the run as a whole says that it differs, a trait that differs is named."""
    other = CHARGE._replace(service="other")
    found = strongest(
        evidence(own(0.5, bet=3.0), own(0.0, trait=FRAUD, bet=50.0), own(1.0, trait=other, bet=99.0))
    )
    assert found is not None
    assert found.subject == str(FRAUD)
    assert strongest(evidence()) is None
