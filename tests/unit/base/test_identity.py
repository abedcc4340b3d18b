"""What is made of a key, once."""

from monitor.base.identity import by_identity


class Copies:
    """Copies a list, and counts how often."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, key: list[int]) -> list[int]:
        self.made += 1
        return [*key]


def test_a_value_is_made_once_for_an_object() -> None:
    """An object that comes again has the value made before; an equal one has its own."""
    first, equal, copies = [1], [1], Copies()
    copy_of = by_identity(copies, most=2)
    assert copy_of(first) is copy_of(first)
    assert copy_of(first) is not copy_of(equal)
    assert copies.made == 2


def test_what_is_kept_is_bounded() -> None:
    """When the cache is full it starts anew, and answers stay right."""
    keys, copies = [[n] for n in range(5)], Copies()
    copy_of = by_identity(copies, most=2)
    assert [copy_of(key) for key in keys] == keys
    assert copy_of(keys[0]) == keys[0]
    assert copies.made == 6


def test_keys_of_any_size_are_bounded_by_their_sum() -> None:
    """One large key takes the room of many small ones."""
    large, small, another, copies = [0] * 99, [0] * 2, [1], Copies()
    copy_of = by_identity(copies, most=100, weight=len)
    assert [copy_of(key) for key in (large, small, large)] == [large, small, large]
    assert copies.made == 2
    assert [copy_of(another), copy_of(large)] == [another, large]
    assert copies.made == 4
