"""What a row says of the test and the environment around an entry, and of what its group lacks."""

from collections.abc import Iterable
from operator import attrgetter

from monitor.flows.flow import INSIDE_KINDS, WHOLE, Flaw
from monitor.traces.fragment import Context, Fragment
from monitor.traces.tree import ENTRY_KINDS
from monitor.wire.span import UNKNOWN, Facts, Span

_facts = attrgetter("facts")


def around(fragment: Fragment, spans: Iterable[Span]) -> Context:
    """What a fragment, whose `spans` come in preorder, says of the test and the environment of its entries.

    Each thing is that of the first span that states it, else of what is around: the runner; or, for a
    consumer, what sent its message. Test frameworks mark their own spans, often the root alone; the services
    below say nothing. An entry that states something itself knows better.
    """
    suite = run = case = ""
    said = list(map(_facts, spans))
    for facts in [each for each in said if each.tested]:
        suite, run, case = suite or facts.suite, run or facts.run, case or facts.case
    known = fragment.context
    environment = _environment(said) or known.environment or UNKNOWN
    return Context(
        suite or known.suite, run or known.run, case or known.case, environment, result=known.result
    )


def _environment(said: Iterable[Facts]) -> str:
    for facts in said:
        if facts.environment != UNKNOWN:
            return facts.environment
    return ""


def is_unfinished(fragment: Fragment, top: Span) -> bool:
    """Whether a group waited in vain for its parent, without which it is a part of something unknown.

    A server or consumer is an entry without its caller, which may send no spans; so is whatever was called
    from another process; of a span without a kind nobody knows.
    """
    return bool(fragment.missing) and top.facts.kind in INSIDE_KINDS and not top.remote


def flaws_of(fragment: Fragment, entry: Span, patience_ns: int) -> Flaw:
    """Why the row of an entry is incomplete.

    ORPHANED where the entry itself misses its parent. TRUNCATED also where it lasted longer than spans below
    it wait (`patience_ns`): a stream, a socket, a slow job. What it did first is not with it any more. So is
    an entry of a trace that came in part.
    """
    flaws = WHOLE
    misses = fragment.missing and entry.parent_id == fragment.missing and not entry.remote
    if misses and entry.facts.kind not in ENTRY_KINDS:
        flaws |= Flaw.ORPHANED | (Flaw.TRUNCATED if fragment.outlasted else WHOLE)
    if fragment.truncated or entry.facts.partial or entry.duration > patience_ns:
        flaws |= Flaw.TRUNCATED
    if fragment.split:
        flaws |= Flaw.SPLIT
    if fragment.cyclic:
        flaws |= Flaw.CYCLIC
    return flaws
