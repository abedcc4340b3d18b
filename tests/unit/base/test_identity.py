"""What is made of a key, once."""

from monitor.base.identity import by_identity


def test_a_value_is_made_once_for_an_object() -> None:
    """An object that comes again has the value made before; an equal one has its own."""
    first, equal, made = [1], [1], []
    value_of = by_identity(lambda key: made.append(key) or len(made), most=2)
    assert [value_of(key) for key in (first, first, equal, equal)] == [1, 1, 2, 2]


def test_what_is_kept_is_bounded() -> None:
    """When the cache is full it starts anew, and answers stay right."""
    keys, made = [[n] for n in range(5)], []
    value_of = by_identity(lambda key: made.append(key) or key[0], most=2)
    assert [value_of(key) for key in keys] == [0, 1, 2, 3, 4]
    assert value_of(keys[0]) == 0
    assert len(made) == 6
