"""What a policy says of its comparisons."""

from monitor.drift.policy import Comparison, Policy

LIVE = Comparison(name="live", reference="production", candidate="integration")
NEXT = Comparison(name="next", reference="staging", candidate="preview")


def test_a_copy_with_other_comparisons_has_their_sides() -> None:
    """What was asked of the policy before it was copied does not stay in the copy."""
    policy = Policy(comparisons=(LIVE,))
    assert policy.references == {"production"} and policy.compares("integration")
    copied = policy.model_copy(update={"comparisons": (NEXT,)})
    assert copied.references == {"staging"} and copied.sides == {"staging", "preview"}
    assert not copied.compares("integration") and policy.compares("integration")
