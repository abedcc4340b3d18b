"""What a policy says of its comparisons."""

import pytest
from pydantic import ValidationError

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


def test_topics_that_are_read_match_the_pattern_of_their_cluster() -> None:
    """Where nobody says what is read, everything may be; else nothing of a cluster that is not named."""
    assert Policy().reads("default", "spans")
    policy = Policy(read={"default": "^spans$"})
    assert policy.reads("default", "spans")
    assert not policy.reads("default", "old-spans") and not policy.reads("other", "spans")


def test_what_is_no_pattern_is_refused() -> None:
    """It would end the fold when it is used."""
    with pytest.raises(ValidationError, match="no pattern: "):
        Policy(read={"default": "("})
