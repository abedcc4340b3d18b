"""News: a sentence when something changed, silence otherwise."""

from typing import Any

from monitor.demo.news import News


def report(state: str = "ok", missing: tuple[str, ...] = (), units: int = 1) -> dict[str, Any]:
    """A report with one verdict and these flows without tests."""
    line = {
        "flow": "storefront POST /checkout",
        "outcome": "ok",
        "dimension": "structure",
        "subject": "payment POST /v1/charges",
        "state": state,
        "reason": "never called by tests",
    }
    return {
        "comparison": {"units": units},
        "verdicts": [line],
        "coverage": {"missing": [{"flow": flow, "share": 0.04} for flow in missing]},
    }


def test_quiet_states_are_not_told() -> None:
    """A flow that goes from unknown to insufficient to ok makes no news."""
    news = News()
    assert news.read(report("insufficient")) == []
    assert news.read(report("ok")) == []


def test_a_drift_is_told_once_with_its_reason() -> None:
    """The sentence names state, flow, dimension, subject and reason; the next look is silent."""
    news = News()
    (sentence,) = news.read(report("drift"))
    assert (sentence.flows, sentence.state) == (frozenset({"storefront POST /checkout"}), "DRIFT")
    for word in ("DRIFT", "storefront POST /checkout", "structure", "POST /v1/charges", "never called"):
        assert word in sentence.text
    assert news.read(report("drift")) == []


def test_the_way_back_is_told() -> None:
    """A drift that ends makes news."""
    news = News()
    news.read(report("drift"))
    (sentence,) = news.read(report("ok"))
    assert sentence.text.startswith("OK")


def test_an_untested_flow_is_told_when_it_appears() -> None:
    """A flow without tests makes news once, and again only after it was gone."""
    news = News()
    flow = "storefront POST /checkout/express"
    (sentence,) = news.read(report(missing=(flow,)))
    assert flow in sentence.text
    assert "4.0% of production" in sentence.text
    assert news.read(report(missing=(flow,))) == []
    (covered,) = news.read(report())
    assert covered.text.startswith("COVERED")
    assert len(news.read(report(missing=(flow,)))) == 1


def test_many_untested_flows_are_one_sentence() -> None:
    """Many flows without tests make one sentence."""
    (sentence,) = News().read(report(missing=tuple(f"shop GET /{number}" for number in range(20))))
    assert sentence.text.startswith("UNTESTED 20 flows: 80.0% of production")


def test_an_untested_flow_is_not_told_twice() -> None:
    """A verdict that repeats the list of flows without tests makes no news."""
    document = report("suspect")
    document["verdicts"][0] |= {"dimension": "coverage", "subject": "never tested"}
    assert News().read(document) == []


def test_a_flow_hardly_seen_is_not_yet_untested() -> None:
    """A flow that production showed once makes no news."""
    document = report(missing=("shop GET /new",))
    document["coverage"]["missing"][0]["share"] = 0.0004
    assert News().read(document) == []


def test_before_the_first_tests_nothing_is_untested() -> None:
    """Before the first test run no flow makes news for lack of tests."""
    news = News()
    assert news.read(report(missing=("shop GET /a",), units=0)) == []
    (sentence,) = news.read(report(missing=("shop GET /a",)))
    assert sentence.text.startswith("UNTESTED")


def test_all_outcomes_are_one_subject() -> None:
    """News never says `outcome of outcomes`, and names a path that is not the common one."""
    told = report("drift")
    told["verdicts"][0] |= {"dimension": "outcome", "subject": "outcomes", "outcome": "client_error"}
    assert [sentence.text for sentence in News().read(told)] == [
        "DRIFT    storefront POST /checkout (client error), outcome: never called by tests"
    ]
