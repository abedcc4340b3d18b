"""What is said where a permission is missing."""

import pytest

from monitor.base.permission import named_in, not_permitted


def test_a_missing_permission_comes_with_its_command() -> None:
    """The error names operations and resource, and the line that grants them."""
    assert str(not_permitted("group", "fd-observer", "Read")) == (
        "not permitted: Read on group fd-observer; grant it: kafka-acls.sh --bootstrap-server BROKER --add "
        "--allow-principal User:USER --operation Read --group fd-observer"
    )


@pytest.mark.parametrize(
    ("error", "named"), [(KeyError("spans"), "spans"), (KeyError({"b", "a"}), "a,b"), (KeyError(), "?")]
)
def test_topics_are_named_as_the_client_names_them(error: Exception, named: str) -> None:
    """One topic, several, or none."""
    assert named_in(error) == named
