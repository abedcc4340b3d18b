"""Free-form names without literals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.flows.free_text import template, without_tokens
from tests.strategies import addresses


@pytest.mark.parametrize(
    ("text", "templated"),
    [
        ("GET /cart/17/items", "GET /cart/{}/items"),
        ("job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 done", "job {} done"),
        ("lock 0xdeadbeef1", "lock {}"),
        ("commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "commit {}"),
        ("mail ada.l@example.org now", "mail {} now"),
        ("token eyJhbGciOiJIUzI1NiIsInR5cCI6", "token {}"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln", "token {}"),
        ("release 1.14.2", "release {}"),
        ("wait 15ms at 50%", "wait {} at {}"),
        ("report 2024-02-29T10:15:00Z", "report {}"),
        ("ping fe80:0:0:0:1:2:3:4 and 10.0.0.1", "ping {} and {}"),
        ("load WHERE surname = 'O''Brien' LIMIT 1", "load WHERE surname = {} LIMIT {}"),
        ("load WHERE surname = 'cut o", "load WHERE surname = {}"),
        ('find "ada lovelace"', "find {}"),
        ("load IN (1, 2, 3)", "load IN ({})"),
        ("load IN ('a','b')", "load IN ({})"),
        ('search {"match": {"name": "Bob"}}', "search {}"),
        ("fetch https://shop/page?user=ada&x=1 again", "fetch https://shop/page again"),
        ("user's cart isn't empty", "user's cart isn't empty"),
        ("shop.v1.Cart/Get", "shop.v1.Cart/Get"),
        ("Recv.deadbeef", "Recv.deadbeef"),
        ("AbstractTransactionalDataSourceFactory.create", "AbstractTransactionalDataSourceFactory.create"),
        ("s3 PutObject", "s3 PutObject"),
        ("events.web-7d9f8b6c5-x2k4p process", "events.web-{} process"),
        ("events.web-bcdfghjk-x2k4p-v2", "events.web-bcdfghjk-x2k4p-v2"),
        ("send {temporary} to {id}", "send {temporary} to {id}"),
    ],
)
def test_free_form_parts_are_templated(text: str, templated: str) -> None:
    """Literals become `{}`, lists of them one; words stay."""
    assert template(text) == templated


literals = st.one_of(
    st.integers(0, 10**12).map(str),
    st.uuids().map(str),
    addresses,
    st.binary(min_size=8, max_size=32).map(bytes.hex).filter(lambda digits: not digits.isalpha()),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds")),
    st.text(st.characters(codec="utf-8", exclude_characters="'\\"), min_size=1).map("'{}'".format),
)


@given(st.sampled_from(("load {} now", "{}", "a ({}) b", "x={}", "key: {}", "for {}")), literals)
def test_no_literal_is_left(form: str, literal: str) -> None:
    """Numbers, ids, addresses, times and quoted text, wherever they stand."""
    assert template(form.replace("{}", literal)) == form


@given(st.text(max_size=200))
def test_templating_twice_is_templating_once(text: str) -> None:
    """What is templated stays as it is."""
    once = template(text)
    assert template(once) == once


def test_routes_keep_their_numbers() -> None:
    """A route may have numbers; a UUID or an address in it is of one request."""
    assert without_tokens("/v1/status/404") == "/v1/status/404"
    assert without_tokens("/u/3f2504e0-4f89-11d3-9a0c-0305e82c3301") == "/u/{}"
    assert without_tokens("/u/ada@example.org/x") == "/u/{}/x"
