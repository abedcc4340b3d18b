"""Which runs teach the detectors: the others get a verdict of their own, and leave nothing behind.

A pull-request run is judged by what the detectors would say after it: they are copied, fed and thrown away.
So it never pages, moves no threshold, and the next run of the main branch meets the detectors as they were.
Its flows count in fingerprints, and so in coverage, as all telemetry does.
"""

from collections.abc import Mapping, Sequence

import orjson

from monitor.drift.gate import PathResult, Remark
from monitor.drift.policy import Policy
from monitor.fingerprints.units import Batch
from monitor.pipeline.audit.closed import Closed
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.untried import remarks_on_run
from monitor.pipeline.timeline.runs import Closing


def close(
    state: FlowState, batch: Batch, closing: Closing, policy: Policy, marks: Mapping[str, str]
) -> Closed:
    """Close a batch of a flow; `marks`: what is known of its run. Alerts and updates are of what rolls."""
    untried = remarks_on_run(state, batch, closing, policy)
    closed = _close(state, batch, closing, policy, marks)
    return closed._replace(
        results={name: _with(paths, untried.get(name, ())) for name, paths in closed.results.items()}
    )


def _with(paths: Sequence[PathResult], untried: Sequence[Remark]) -> list[PathResult]:
    """The paths of a flow, of which the first says what the run leaves untried in all of them."""
    return [path if place else path._replace(untried=untried) for place, path in enumerate(paths)]


def _close(
    state: FlowState, batch: Batch, closing: Closing, policy: Policy, marks: Mapping[str, str]
) -> Closed:
    rolls, aside = parted(policy, batch.environment, batch.run, marks)
    if aside is None:
        return state.close(batch, closing, policy)
    results = _fork(state).close(batch, closing, aside).results
    if rolls is None:
        del state.open[batch]
        return Closed([], results, 0)
    closed = state.close(batch, closing, rolls)
    return closed._replace(results={**closed.results, **results})


def teaches(policy: Policy, environment: str, run: str, marks: Mapping[str, str]) -> bool:
    """Whether flows of a run count for the whole of any comparison, on whichever side; '' is no run."""
    return environment in policy.references or any(
        comparison.rolls(run, marks) for comparison in policy.of_candidate(environment)
    )


def parted(
    policy: Policy, environment: str, run: str, marks: Mapping[str, str]
) -> tuple[Policy | None, Policy | None]:
    """The policy with the comparisons of a candidate that a run feeds, and with those that it does not.

    None where there is no such comparison.
    """
    others = tuple(c for c in policy.comparisons if c.candidate != environment)
    fed = tuple(c for c in policy.of_candidate(environment) if c.rolls(run, marks))
    aside = tuple(c for c in policy.of_candidate(environment) if not c.rolls(run, marks))
    if not aside:
        return policy, None
    part = policy.model_copy(update={"comparisons": others + fed}) if fed else None
    return part, policy.model_copy(update={"comparisons": others + aside})


def _fork(state: FlowState) -> FlowState:
    """A copy that shares nothing: made as a checkpoint makes it, so that it is whole."""
    return FlowState.unpack(orjson.loads(orjson.dumps(state.pack())))
