"""Rows of flows that fail, for tests of recall.

failing("POST /charge", "500")                      a trace of production in which that call fails
in_test("POST /charge", "500", run="ci-1")           the same in a test
in_test(run="ci-2")                                  the test passes
"""

from itertools import count
from typing import Any

from monitor.flows.flow import Failure, Flow, FlowId, Outcome
from tests.rows import MINUTE, row

ORDERS = FlowId("shop", "POST /orders")
CALLS = ("POST /charge", "GET /stock")
_numbers = count(1)


def failing(call: str = "", error: str = "500", *, at: int = 0, version: str = "", **more: Any) -> Flow:
    """A row in which a call fails, or ('') the flow by itself; at: in minutes."""
    calls = tuple(dict.fromkeys((*CALLS, *filter(None, [call]))))
    place = calls.index(call) + 1 if call else 0
    said: dict[str, Any] = {"outcome": Outcome.FAILED, "flow": ORDERS, **more}
    made = row(next(_numbers), calls=calls, began=at * MINUTE, **said)
    versions = (("shop", version),) if version else ()
    return made._replace(failure=Failure(place, error), versions=versions)


def in_test(
    call: str | None = None,
    error: str = "500",
    *,
    run: str,
    at: int,
    case: str = "pays",
    result: str = "",
    **more: Any,
) -> Flow:
    """A row of a test case in a run, in which a call fails, or (None) all goes well; result: of the case."""
    of = {"environment": "integration", "run": run, "case": case, "suite": "nightly", **more}
    if call is None:
        return row(next(_numbers), flow=ORDERS, calls=CALLS, began=at * MINUTE, **of)._replace(result=result)
    return failing(call, error, at=at, **of)._replace(result=result)
