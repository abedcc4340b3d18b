"""Values that are one of a few."""

from collections.abc import Callable

import pytest

from monitor.wire import codes


@pytest.mark.parametrize(
    ("reduce", "value", "kept"),
    [
        (codes.method, "GET", "GET"),
        (codes.method, "propfind", "propfind"),
        (codes.method, "MUSTER", "_OTHER"),
        (codes.status, "404", "404"),
        (codes.status, "404 Muster not found", ""),
        (codes.rpc_status, "not_found", "NOT_FOUND"),
        (codes.rpc_status, "-32601", "-32601"),
        (codes.rpc_status, "Muster", "_OTHER"),
        (codes.error_type, "java.net.UnknownHostException", "java.net.UnknownHostException"),
        (codes.error_type, "*url.Error", "*url.Error"),
        (codes.error_type, "App\\Exception\\NotFound", "App\\Exception\\NotFound"),
        (codes.error_type, "ORA-00942", "ORA-00942"),
        (codes.error_type, "23505", "23505"),
        (codes.error_type, "OrderError: Muster has none", "OrderError"),
        (codes.error_type, "Muster has none", "_OTHER"),
        (codes.error_type, "err-3f2504e0-4f89-11d3-9a0c-0305e82c3301", "_OTHER"),
        (codes.error_type, "4111111111111111", "_OTHER"),
        (codes.word, "aws.dynamodb", "aws.dynamodb"),
        (codes.word, "find Muster", ""),
        (codes.word, "x7f3a9c2e1d4b", ""),
        (codes.database_operation, "findAndModify", "findAndModify"),
        (codes.database_operation, "BATCH INSERT", "BATCH INSERT"),
        (codes.database_operation, "SELECT id FROM patients WHERE surname = 'Muster'", "SELECT"),
        (codes.database_operation, "surname = 'Muster'", ""),
        (codes.graphql_name, "Cart", "Cart"),
        (codes.graphql_name, 'query Cart { cart(owner: "Muster") { sum } }', "query Cart"),
        (codes.graphql_name, "Muster's cart", ""),
    ],
)
def test_what_is_none_of_a_few_is_not_kept(reduce: Callable[[str], str], value: str, kept: str) -> None:
    """A value that is a code, a type or a word stays; a sentence or an id does not."""
    assert reduce(value) == kept
