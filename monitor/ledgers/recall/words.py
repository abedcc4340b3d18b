"""What is said of a kind of failure: what fails, how often, and what the tests have to do with it."""

from monitor.base.moments import to_the_minute
from monitor.dimensions.words import counted
from monitor.drift.records.failure import IN_NO_TEST, NOT_JUDGED, Gap, Standing
from monitor.ledgers.recall.sighting import Sighting
from monitor.ledgers.recall.signature import Signature
from monitor.ledgers.recall.standing import Stand

_GAPS = {
    Gap.NONE: "",
    Gap.FLOW: "no test exercises the flow",
    Gap.FAILURE: "tests exercise it, and there it never fails like this",
    Gap.DATA: "tests never send what makes it fail like this",
    Gap.SILENT: "{service} is simulated in the tests of this flow, sends no spans there, or is not reached",
    Gap.PATH: "the tests of this flow never get there",
    Gap.DETAIL: "tests fail there, too, but whether alike nobody knows, as no span states error.type",
    Gap.ERRORS: "every failure has an error of its own: state one of few as error.type",
    Gap.SAMPLED: "the tests are sampled, so they may have had it",
    Gap.LOSS: "spans of {service} get lost in the tests, so they may have had it",
}


def sentence(signature: Signature, production: Sighting, stand: Stand, gap: Gap, tests: Sighting) -> str:
    """One or two sentences on a failure, what became of it, and why."""
    since = to_the_minute(production.first or 0)
    head = f"{what(signature)} in {counted(production.traces, 'production trace')} since {since}"
    return f"{head}{_rest(signature, production, stand, gap, tests)}."


def what(signature: Signature) -> str:
    """What fails, and how."""
    operation = signature.operation
    asks = f" (asking {signature.asks})" if signature.asks else ""
    way = f", below {' and '.join(map(str, signature.via))}" if signature.via else ""
    return f"{operation}{asks} {_how(signature)}{way}"


def _how(signature: Signature) -> str:
    if signature.error:
        return f"fails with {signature.error}"
    return "gets no answer" if signature.has_detail else "fails"


def _rest(signature: Signature, production: Sighting, stand: Stand, gap: Gap, tests: Sighting) -> str:
    why = _GAPS[gap].format(service=signature.operation.service)
    at = to_the_minute(stand.since)
    match stand.state:
        case Standing.ESCAPED:
            return f"{IN_NO_TEST}{why}"
        case Standing.UNJUDGED:
            return f"{NOT_JUDGED}{why}"
        case Standing.REPRODUCED:
            return f"; tests have shown it since {at}, {_unguarded(tests)}"
        case Standing.GUARDED:
            return f"; {_case(stand)} showed it, and has passed since {at}{_still(production, stand)}"
        case Standing.REGRESSED:
            return f"; production has it again since {at}, though {_case(stand)} passes"
        case Standing.KNOWN:
            return f"; tests had shown it at {at}, before production did"
        case Standing.STALE:
            return f"; production has not had it since {to_the_minute(production.last or 0)}"


def _case(stand: Stand) -> str:
    suite = f" of {stand.case.suite}" if stand.case else ""
    return f"test case {stand.name}{suite}"


def _unguarded(tests: Sighting) -> str:
    """Why none of the cases that showed a failure guards against it."""
    gone = [name for name, case in tests.cases.items() if case.guard is not None and not case.guards]
    if gone:
        return f"and {gone[0]}, which guarded it, is gone from the suite"
    flaky = [name for name, case in tests.cases.items() if case.relapses]
    if flaky:
        return f"and {flaky[0]} comes and goes: it guards once it has passed in three runs in a row"
    if not tests.cases:
        return "and none of them says of which test case it is, so none can guard"
    return "and no case that showed it has passed in a later run"


def _still(production: Sighting, stand: Stand) -> str:
    """That production still has a failure, with versions from before the guard."""
    if (production.last or 0) <= stand.since:
        return ""
    versions = [name for name, (_, last) in sorted(production.versions.items()) if last > stand.since]
    return f"; production still runs what fails ({', '.join(versions)})"
