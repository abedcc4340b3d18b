"""Free-form names without literals."""

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.wire.free_text import template, without_secrets, without_tokens
from monitor.wire.names import NAME_LIMIT
from tests.strategies import addresses

SLOWEST_SECONDS = 0.05
"""In CPU time of the thread, so that another process cannot fail it."""


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
        ("login with Bearer s3cr3t-Muster", "login with Bearer {}"),
        ("check bearer token", "check bearer token"),
        ("Authorization: Basic TXVzdGVy", "Authorization: Basic {}"),
        ("login password: Muster", "login password: {}"),
        ("connect postgres://ada:Muster@db/shop", "connect postgres://db/shop"),
        ("fetch /page?Muster now", "fetch /page now"),
        ("GET ^orders/(?P<id>[^/.]+)/$", "GET ^orders/(?P<id>[^/.]+)/$"),
        ("find surname=Muster, age = old", "find surname={}, age = {}"),
        ("map a => b if a >= b or a == b", "map a => b if a >= b or a == {}"),
        ("job7f3a9c2e1d for user4711000", "{} for {}"),
        ("load dGhpc19pc19hX3Rva2Vu-x9K2_a8b3C4", "load {}"),
        ("pay 4111 1111 1111 1111", "pay {} {} {} {}"),
        ("prod-eu-west-1-orders-v2-events process", "prod-eu-west-{}-orders-v2-events process"),
        ("k8s-e2e i18n ISO20022 ed25519 route53", "k8s-e2e i18n ISO20022 ed25519 route53"),
        ("handleOAuth2CallbackForS3Events", "handleOAuth2CallbackForS3Events"),
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


def test_names_keep_numbers_and_lose_ids() -> None:
    """A name that people gave may have numbers and quoted words; ids and secrets are nobody's name."""
    assert without_tokens("shop 'beta' 2 at 10.0.0.1") == "shop 'beta' 2 at 10.0.0.1"
    assert without_tokens("preview-7f3a9c2e1d") == "preview-{}"
    assert without_tokens("shop token=Muster") == "shop token={}"


def test_ids_lose_secrets_alone() -> None:
    """What tells runs apart stays; what gives access or names a person does not."""
    kept = "3f2504e0-4f89-11d3-9a0c-0305e82c3301 #17 9fceb02d0ae5"
    assert without_secrets(kept) == kept
    assert without_secrets("run-17 of ada@example.org") == "run-17 of {}"
    assert without_secrets("https://ada:Muster@ci/run/17?token=Muster") == "https://ci/run/17"


@pytest.mark.parametrize(
    "unit",
    ["a", "/", "=", "?a", "a@", "x.", "'", '"', '{"', "a1", "bearer ", "token", " ", "1:", "1-", "://a"],
)
def test_no_text_takes_long(unit: str) -> None:
    """A name of the greatest length is templated in a time that grows with it, not with its readings."""
    text = (unit * NAME_LIMIT)[:NAME_LIMIT]
    begun = thread_time()
    for each in (template, without_tokens, without_secrets):
        each(text + "!")
    assert thread_time() - begun < SLOWEST_SECONDS
