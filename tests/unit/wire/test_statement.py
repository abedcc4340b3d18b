"""Statements are two words at most: their verb and, of SQL, their table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.statement import verb_and_table, verb_and_target


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT id FROM patients WHERE surname = 'Muster'", "SELECT patients"),
        ('select o.id, o.x from "public"."orders" o where o.id = ?', "SELECT public.orders"),
        ("SELECT * FROM [dbo] . [Order Lines] WITH (NOLOCK)", "SELECT dbo.OrderLines"),
        ("SELECT EXTRACT(YEAR FROM created) FROM orders", "SELECT orders"),
        ("SELECT (SELECT count(*) FROM items WHERE x = ')') AS n FROM orders", "SELECT orders"),
        ("SELECT * FROM (SELECT * FROM orders) AS o", "SELECT orders"),
        ("SELECT CASE WHEN a IS DISTINCT FROM b THEN 1 END FROM orders", "SELECT orders"),
        ("SELECT * FROM generate_series(1, 10)", "SELECT"),
        ("SELECT nextval('seq_1')", "SELECT"),
        ("/* by 'ada' */ SELECT 1 FROM orders -- 'x' FROM y", "SELECT orders"),
        ("(SELECT a FROM orders) UNION (SELECT b FROM carts)", "SELECT orders"),
        ("SELECT a FROM orders WHERE name = 'cut o", "SELECT orders"),
        ("INSERT INTO orders (a) VALUES ($$it's$$)", "INSERT orders"),
        ("INSERT INTO orders SELECT * FROM carts", "INSERT orders"),
        ("insert orders values (1)", "INSERT orders"),
        ("REPLACE INTO orders VALUES (1)", "REPLACE orders"),
        ("UPDATE ONLY orders SET a = 'it''s' WHERE id = $1", "UPDATE orders"),
        ("DELETE FROM orders WHERE id = @p0", "DELETE orders"),
        ("DELETE o FROM orders o JOIN carts c ON 1", "DELETE orders"),
        ("MERGE INTO stock AS s USING (SELECT 1) n ON 1", "MERGE stock"),
        ("CALL pay_invoice(17)", "CALL pay_invoice"),
        ("{call pay(?)}", "CALL pay"),
        ("EXEC dbo.pay @id = 5", "EXEC dbo.pay"),
        ("CREATE TABLE IF NOT EXISTS orders (id int)", "CREATE TABLE orders"),
        ("DROP INDEX CONCURRENTLY ix_orders", "DROP INDEX ix_orders"),
        ("TRUNCATE TABLE orders", "TRUNCATE orders"),
        ("WITH a AS (SELECT * FROM raw) SELECT * FROM a JOIN orders o ON 1", "SELECT orders"),
        ("WITH b(x, y) AS (SELECT 1 FROM raw) SELECT * FROM b", "SELECT raw"),
        ("WITH q AS (SELECT id FROM raw FOR UPDATE) UPDATE jobs SET s = 1 FROM q", "UPDATE jobs"),
        ("SAVEPOINT sp_8734", "SAVEPOINT"),
        ("SET search_path = 'x'", "SET"),
        ("HMSET user:1 name 'Bob'", "HMSET"),
        ("get session:abc", "GET"),
        ("delete user_17", "DELETE"),
        ('FT.SEARCH idx "hello"', "FT.SEARCH"),
        ("MATCH (n:Person {name: 'Bob'}) RETURN n", "MATCH"),
        ('{"find": "orders", "filter": {"name": "Bob"}}', "find"),
        ("db.orders.find({name: 'Bob'})", "find"),
        ('find {"name": "Bob"}', "find"),
        ('{"query": {"match": {"name": "Bob"}}}', ""),
        ("alice", ""),
        ("secret-token 17", ""),
        ("", ""),
    ],
)
def test_verb_and_table(statement: str, words: str) -> None:
    """Each dialect and each odd place of a table."""
    assert verb_and_table(statement) == words


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ("SELECT orders", ("SELECT", "orders")),
        ("select shop.orders", ("SELECT", "shop.orders")),
        ("SELECT orders customers", ("SELECT", "orders")),
        ("INSERT orders SELECT customers", ("INSERT", "orders")),
        ("CREATE TABLE orders", ("CREATE TABLE", "orders")),
        ("find orders", ("find", "orders")),
        ("find", ("find", "")),
        ("COMMIT", ("COMMIT", "")),
        ("SELECT * FROM orders WHERE id = 17", ("SELECT", "orders")),
        ("shop_prod", ("", "")),
    ],
)
def test_verb_and_target(summary: str, words: tuple[str, str]) -> None:
    """Summaries of the conventions, names of spans, and whole statements that are names."""
    assert verb_and_target(summary) == words


values = st.text(st.characters(codec="utf-8", exclude_characters="'\\"), min_size=8, max_size=40)


@given(values, st.integers(10**6, 10**12), st.lists(st.integers(1000, 10**6), min_size=1, max_size=8))
def test_no_value_of_a_statement_is_left(text: str, number: int, ids: list[int]) -> None:
    """Whatever stands in quotes, as a number or in a list, the words are the same."""
    listed = ", ".join(map(str, ids))
    where = f"WHERE a = '{text}' AND b = {number} AND c IN ({listed})"
    assert verb_and_table(f"SELECT * FROM orders {where}") == "SELECT orders"
    assert verb_and_table(f"UPDATE orders SET x = '{text}' {where}") == "UPDATE orders"
    assert verb_and_table(f"SET key:{number} '{text}'") == "SET"


@given(st.text(max_size=300))
def test_words_come_to_the_same_words(statement: str) -> None:
    """Verb and table of what is reduced already are the same, so that it does not matter who reduces."""
    words = verb_and_table(statement)
    assert " ".join(filter(None, verb_and_target(words))) == words
