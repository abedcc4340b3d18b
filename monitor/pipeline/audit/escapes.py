"""What a flow's state says of the failures of production, for the record of the flow."""

from monitor.base.units import DAY_MS, UNIT_WEIGHT, LogTime
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.failure import FailureKind
from monitor.ledgers.recall import RECALL
from monitor.ledgers.recall.account import Account
from monitor.ledgers.recall.kinds import Exercised, Window, kinds
from monitor.pipeline.audit.flow_state import FlowState


def failures_of(
    state: FlowState, comparison: Comparison, policy: Policy, now: LogTime
) -> tuple[FailureKind, ...]:
    """The kinds of failure that the reference has, but of flows out of scope; now: its clock."""
    account = state.folds.accounts.get(RECALL.name)
    if not isinstance(account, Account) or policy.out_of_scope_of(str(state.id), now):
        return ()
    window = Window(comparison.reference, comparison.candidate, now, policy.days_kept * DAY_MS)
    return kinds(account, state.id, window, _tests(state, comparison, policy))


def left_out(state: FlowState) -> int:
    """Failures of the flow that are of no kind, as there was no room."""
    account = state.folds.accounts.get(RECALL.name)
    return account.left_out if isinstance(account, Account) else 0


def _tests(state: FlowState, comparison: Comparison, policy: Policy) -> Exercised:
    candidate = comparison.candidate
    sides = [side.fingerprint for (name, _), side in state.sides.items() if name == candidate]
    traces, weight = sum(side.traces for side in sides), sum(side.weight for side in sides)
    return Exercised(
        operations={operation for side in sides for operation in side.days.operations},
        sampled=policy.sampling_of(candidate) == "head" or weight > traces * UNIT_WEIGHT,
        lost=policy.lost_in(candidate),
        traces=state.examples(comparison, "").candidate,
    )
