"""The trait: one thing that a trace may have, and where the question arises at all."""

from typing import NamedTuple

from monitor.flows.flow import Operation

SAID = "said"
"""The dimension of traits of what spans say beside what happens (`said`): nothing judges them."""


class Trait(NamedTuple):
    """What a dimension asks of a trace: where `given` is there, is `what` there, too?

    given: the denominator: an operation, another trait, or None for every trace of the path. what: a call,
    or words. service: whose behaviour it is. value: where one thing has one of few values; else ''.
    """

    dimension: str
    given: "Given"
    what: Operation | str
    service: str
    value: str = ""

    def __str__(self) -> str:
        """The thing in words: `shop POST /orders -> POST /charge`."""
        what = self.what
        if isinstance(what, Operation) and isinstance(self.given, Operation):
            callee = what.name if what.service == self.given.service else str(what)
            return f"{self.given} -> {callee}"
        return " ".join(filter(None, (str(self.given or ""), str(what), self.value)))

    @property
    def seen_by(self) -> str:
        """The service whose spans show it: spans that it loses may hide the trait."""
        return self.what.service if isinstance(self.what, Operation) else self.service


Given = Trait | Operation | None
"""What a question presupposes."""
