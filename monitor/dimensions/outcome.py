"""Outcome: whether the flows of one kind end as in production: ok, as the client's error, or failed.

Tests provoke errors on purpose, so the tolerance is wide, and it warns and never pages.
"""

from monitor.dimensions.dimension import Dimension, Judged, Need, Seen, Severity, Split
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import in_runs, share
from monitor.flows.flow import Outcome

_VALUES = tuple(outcome.value for outcome in Outcome)


def _says(trait: Trait, seen: Seen) -> str:  # noqa: ARG001 - the one trait is the whole flow
    if not seen.units:
        return "The flows end as in production again."
    ends = [
        f"{value.replace('_', ' ')} {share(mean)} (production {share(p)})"
        for value, p, mean in zip(_VALUES, seen.reference, seen.candidate, strict=True)
        if p or mean
    ]
    return f"In {in_runs(seen.cases)} requests ended: {', '.join(ends)}."


def _claims(judged: Judged) -> str:  # noqa: ARG001 - all flows count
    return "The flows end as in production."


OUTCOME = Dimension(
    name="outcome",
    asks="do requests end as in production: ok, client error, failed?",
    remedy="Compare the failing requests of both sides; fix what fails, or test the errors production has.",
    severity=Severity.WARNS,
    evidence=Split(values=_VALUES, extract=str),
    needs=frozenset({Need.UNBIASED_SHARES}),
    claims=_claims,
    says=_says,
    subject=lambda trait: "outcomes",  # noqa: ARG005 - the one trait is the whole flow
    blind="Which error it is, and how a flow ends whose reference is sampled by its outcome.",
)
