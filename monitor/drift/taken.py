"""Messages that tests send and nobody takes there, said of who sends them.

A message is a border: what takes it is a flow of its own, whenever it comes, and whether tests exercise that
flow is asked over whole runs. Where they do not, though they send the message, that flow's line stands for
the sender's: so the evidence is that of the runs, and no delay, batch or link changes it.
"""

from collections.abc import Iterable, Iterator

from monitor.dimensions import DIMENSIONS, OTHER_ENDS
from monitor.dimensions.words import counted
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.signal import STILL
from monitor.drift.verdict import State, Verdict

SEND = " send "
"""Between a service and what it sends, in the name of that (`flows.messages`)."""
_TAKES = (" process ", " receive ")
_OF_PATHS = frozenset(each.name for each in DIMENSIONS)


def untaken(flows: Iterable[FlowVerdicts]) -> Iterator[Verdict]:
    """A line for each message that tests send, production's consumers take, and none in the tests."""
    flows = list(flows)
    takers: dict[str, list[FlowVerdicts]] = {}
    for flow in flows:
        if message := _taken_by(flow.flow):
            takers.setdefault(message, []).append(flow)
    for flow in flows:
        for sent in flow.sends:
            lines = [_missing(taker) for taker in takers.get(sent.partition(SEND)[2], ())]
            if lines and all(lines):
                yield _line(flow, sent, [line for line in lines if line])


def _taken_by(flow: str) -> str:
    """The message that a flow begins with; '' for other flows."""
    return next((flow.partition(verb)[2] for verb in _TAKES if verb in flow), "")


def _missing(flow: FlowVerdicts) -> Verdict | None:
    """What says that production has a flow and the tests do not, or no more; None where they have it."""
    if not flow.reference_weight:
        return None
    whole = (line for line in flow.verdicts if line.dimension not in _OF_PATHS)
    return next((line for line in whole if line.state in (State.SUSPECT, State.DRIFT)), None)


def _line(flow: FlowVerdicts, sent: str, missing: list[Verdict]) -> Verdict:
    usual = ", ".join(f"'{line.flow}'" for line in missing[:3])
    more = f" and {counted(len(missing) - 3, 'other flow')}" if len(missing) > 3 else ""
    says = (
        f"The tests send '{sent}', and nobody takes it there, as far as is seen. In production {usual}{more} "
        f"begins with it. {missing[0].reason}"
    )
    first = missing[0]
    return Verdict(
        flow=flow.flow,
        outcome="",
        dimension=OTHER_ENDS.name,
        severity=OTHER_ENDS.severity,
        subject=f"{sent} taken",
        service=sent.partition(SEND)[0],
        state=State.SUSPECT,
        effect=first.effect,
        noise_floor=first.noise_floor,
        lower_bound=0.0,
        evidence_log10=first.evidence_log10,
        reference_n=first.reference_n,
        candidate_n=first.candidate_n,
        onset=first.onset,
        moved=STILL.who,
        reason=says,
        examples=first.examples,
    )
