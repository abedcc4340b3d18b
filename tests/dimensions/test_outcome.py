"""Outcome: nearly every test case fails what production never fails."""

from monitor.flows.flow import Flow, Outcome
from tests.dimensions.scenario import Scenario, calling

_usual = calling("POST /charge")


def _failing(number: int) -> Flow:
    return _usual(number)._replace(outcome=Outcome.FAILED if number % 8 else Outcome.OK)


SCENARIO = Scenario(production=_usual, faithful=_usual, drifting=_failing, subject="outcomes", runs=40)
