"""What releases did to a flow: how production had it first, and since when its calls are other ones."""

from collections.abc import Iterator

from monitor.drift.policy import Comparison
from monitor.ledgers.releases import Birth, Change
from monitor.pipeline.audit.flow_state import FlowState


def birth_of(state: FlowState, environment: str) -> Birth | None:
    """How an environment had a flow first; None if it never had it."""
    known = [side.fingerprint for (name, _), side in state.sides.items() if name == environment]
    first = min(((each.first, each.version) for each in known if each.first is not None), default=None)
    if first is None:
        return None
    at, version = first
    return Birth(f"{state.id.service} {version}" if version else "", at)


def changes_of(state: FlowState, comparison: Comparison) -> Iterator[Change]:
    """The lasting changes of the reference, each once, and whether the candidate has had every path since."""
    of: dict[str, list[Change]] = {}
    for (environment, outcome), side in state.sides.items():
        if environment == comparison.reference and side.past is not None:
            tests = state.side(comparison.candidate, outcome).fingerprint.last or 0
            for release, at in side.past.lasting.items():
                of.setdefault(release, []).append(Change(release, at, tested=tests >= at))
    for release, paths in of.items():
        first = min(path.at for path in paths)
        yield Change(release, first, tested=all(path.tested for path in paths))
