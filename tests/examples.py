"""How many examples a law gets that needs more, or fewer, than the usual number."""

from hypothesis import settings


def examples(number: int) -> settings:
    """So many examples where a law usually gets 100, and in proportion where it gets another number."""
    return settings(max_examples=max(1, number * settings().max_examples // 100))
