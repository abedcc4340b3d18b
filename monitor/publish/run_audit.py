"""The answer about the calls of one run: what of them is not recorded, and the calls themselves, in pages."""

import msgspec
from fastapi import HTTPException

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.records.audit import CallRecord, RunAudit, Unaudited
from monitor.publish.context import Context
from monitor.publish.known_runs import Stage, known_runs


class ServiceAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a service in a run, unaudited ones, and the share (0..1) of those that are audited."""

    service: str
    calls: int
    unaudited: int
    completeness: float


class AuditedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit of a run says; the sums are 0, and completeness null, until it is settled.

    found: of which calls something is missing. listed: calls on the audit topic; beyond: those over
    `audit.calls_per_run`. calls: some of them; one may come again on a later page, with the same id. next: to
    be asked for as `after`, null where nothing follows.
    """

    run: str
    environment: str
    settled: bool
    completeness: float | None
    total: int
    unaudited: int
    listed: int
    beyond: int
    services: tuple[ServiceAudit, ...]
    found: tuple[Unaudited, ...]
    calls: tuple[CallRecord, ...]
    next: int | None


async def audited_calls(context: Context, run: RunKey, after: int | None, most: int) -> AuditedCalls:
    """What is known of the calls of a run. Raises UnreachableError where Kafka does not answer.

    404: nobody announced it, and no span of it has arrived.
    """
    record, known = context.view.run(run), known_runs(context.view)
    if known.stage(run.run, [run.environment]) is Stage.UNSEEN:
        raise HTTPException(404, known.says_unseen(run.run, [run.environment], called="this run"))
    audit = record.audited if record else RunAudit()
    began = record.first if record else LogTime(0)
    page = await context.calls.page(run, began, after, most)
    return AuditedCalls(
        run=run.run,
        environment=run.environment,
        settled=record is not None,
        completeness=audit.completeness,
        total=audit.calls,
        unaudited=audit.unaudited,
        listed=audit.listed,
        beyond=audit.beyond,
        services=tuple([_service(name, *counts) for name, counts in audit.services.items()]),
        found=audit.found,
        calls=page.calls,
        next=page.next,
    )


def _service(name: str, calls: int, unaudited: int) -> ServiceAudit:
    share = round(1 - unaudited / calls, 6)
    return ServiceAudit(service=name, calls=calls, unaudited=unaudited, completeness=share)
