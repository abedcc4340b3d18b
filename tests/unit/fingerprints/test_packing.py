"""What repeats in packed state stands once."""

from monitor.fingerprints.packing import as_one_table, with_own_tables

CART, PAY, STOCK = ["shop", 2, "GET /cart"], ["pay", 2, "POST /charge"], ["stock", 2, "GET /stock"]


def test_the_parts_of_a_shard_share_one_table() -> None:
    """An operation that several parts name stands once, and each part names it by its place."""
    parts = [{"days": {"rows": [[0, 1]], "operations": [PAY, CART]}}, {"operations": [CART, STOCK]}]
    shared, table = as_one_table(parts)
    assert table == [PAY, CART, STOCK]
    assert shared == [{"days": {"rows": [[0, 1]], "operations": [0, 1]}}, {"operations": [1, 2]}]


def test_each_part_gets_its_own_table_back() -> None:
    """What is kept of a later release names its operations by itself, whatever else the shard names."""
    parts = [{"later": {"any": [7], "operations": [STOCK]}}, {"of": [1, {"operations": [CART, STOCK]}]}]
    assert with_own_tables(*as_one_table(parts)) == parts


def test_packed_state_stays_as_it_was() -> None:
    """Parts of a later release are kept in memory, and saved again and again."""
    parts = [{"later": {"operations": [STOCK]}}]
    as_one_table(parts)
    assert parts == [{"later": {"operations": [STOCK]}}]


def test_what_people_name_operations_is_no_table() -> None:
    """A comparison or an environment may have that name."""
    parts = [{"comparisons": {"operations": {"days": {"operations": [CART]}}}}]
    assert with_own_tables(*as_one_table(parts)) == parts
