"""Failures in the record of a flow: what counts as shown by tests, and what nobody must show."""

from typing import Any

import orjson
import pytest

from monitor.drift.policy import Policy
from monitor.drift.scope import OutOfScope
from tests.rows import MINUTE, header
from tests.unit.ledgers.failing import CALLS, failing, in_test
from tests.unit.pipeline.audit.test_books import MAIN_ALONE
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log

NEEDS_NONE = POLICY.model_copy(update={"out_of_scope": (OutOfScope(match="shop *", reason="goes in May"),)})


def states(policy: Policy, branch: str) -> list[str]:
    """Where a failure stands that production has, and a run of a branch."""
    log = Log(policy)
    log.append(header(PRODUCTION, log_time=MINUTE, low_times={"production": MINUTE}), failing(CALLS[0]))
    head: dict[str, Any] = {
        "low_times": {"integration": 2 * MINUTE},
        "runs": {("integration", "ci-1"): (2 * MINUTE, 2 * MINUTE)},
        "marks": (("branch", branch),),
    }
    log.append(header(TESTS, log_time=2 * MINUTE, **head), in_test(CALLS[0], run="ci-1", at=2))
    records = [orjson.loads(value) for key, value in log.fold().all_records().items() if key[:5] == "flow/"]
    return [each["state"] for record in records for each in record["failures"]]


@pytest.mark.parametrize(
    ("policy", "branch", "expected"),
    [(MAIN_ALONE, "main", ["reproduced"]), (MAIN_ALONE, "feature", ["escaped"]), (NEEDS_NONE, "main", [])],
    ids=["main", "a pull request", "out of scope"],
)
def test_what_counts(policy: Policy, branch: str, expected: list[str]) -> None:
    """A run that teaches shows a failure, one of a pull request does not; out of scope there is none."""
    assert states(policy, branch) == expected
