"""What the demo remembers of its performance, and how it sums up."""

from monitor.demo.news import Sentence
from monitor.demo.script import ACTS, Performance

FIRST, SECOND, _ = ACTS


def sentence(flow: str, state: str) -> Sentence:
    return Sentence(frozenset({flow}), state, f"{state} {flow}")


def test_every_act_that_is_found_completes_the_performance() -> None:
    """Each act counts as found from its own word on its own flow, and not from a suspicion."""
    performance = Performance()
    for act in ACTS:
        assert list(performance.begin(act.run, 10.0)) == [act]
        performance.receive([sentence(act.flow, "SUSPECT")], act.run + 1, 15.0)
        assert not performance.complete
        performance.receive([sentence(act.flow, act.found)], act.run + 4, 32.0)
    assert performance.complete
    first, *_, beside = performance.summary()
    assert first == f"{FIRST.title}: DRIFT after 4 test runs (22 s)."
    assert beside == "Reported beside that: nothing."


def test_what_no_act_announced_is_counted() -> None:
    """News of a flow whose act has not begun, or of any other flow, is no part of the script."""
    performance = Performance()
    list(performance.begin(FIRST.run, 0.0))
    performance.receive([sentence(SECOND.flow, "UNTESTED"), sentence("storefront GET /", "DRIFT")], 4, 1.0)
    assert performance.unannounced == [f"UNTESTED {SECOND.flow}", "DRIFT storefront GET /"]
    found, beside = performance.summary()
    assert found == f"{FIRST.title}: not yet found; it needs more test runs."
    assert beside == "Reported beside that: 2."
