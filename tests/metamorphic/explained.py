"""A trial in words: the seed, the system, how it was observed, and what the reports differ in."""

from collections.abc import Iterator

from tests.metamorphic.conclusions import Conclusions
from tests.metamorphic.scenes import Scene
from tests.metamorphic.systems.model import (
    Action,
    Gateway,
    GraphQl,
    Http,
    Interface,
    Job,
    Message,
    Operation,
    Page,
    Query,
    Request,
    Rpc,
    Schedule,
    Step,
    System,
    Topic,
)
from tests.metamorphic.trials import Outcome, Trial


def explained(trial: Trial, outcome: Outcome) -> str:
    """Everything that is needed to understand a trial without running it again."""
    return "\n".join(
        [
            f"law '{trial.law}', seed {trial.seed} (python -m tests.metamorphic {trial.seed} {trial.law})",
            *_scene(trial.scene),
            *([f"  different: {trial.change.says}"] if trial.change else ()),
            *(f"  BROKEN: {sentence}" for sentence in outcome.broken),
            *_reports(outcome),
        ]
    )


def _scene(scene: Scene) -> Iterator[str]:
    yield "  system:"
    yield from _system(scene.system)
    tested = [str(each) for each in scene.suite.tested]
    pages = ", pages loaded in a browser" if scene.suite.through_pages else ""
    yield f"  tests: {scene.suite.runs} runs of {scene.suite.cases} cases, entries {', '.join(tested)}{pages}"
    for each in scene.applied:
        yield f"  observed otherwise: {each}: {each.transformation.says}"


def _system(system: System) -> Iterator[str]:
    for number, entry in enumerate(system.entries):
        failing = f", {entry.failing:.0%} fail" if entry.failing else ""
        yield f"    {number}: {_operation(entry.operation)} ({entry.traces} traces{failing})"
        yield from _steps(entry.operation, "       ")


def _steps(operation: Operation, indent: str) -> Iterator[str]:
    for step in operation.steps:
        yield f"{indent}{_how_often(step)}{_action(step.does)}"
        if not isinstance(step.does, Query):
            yield from _steps(step.does.to, indent + "   ")


def _how_often(step: Step) -> str:
    share = f"in {step.chance:.0%}: " if step.chance < 1 else ""
    return f"{share}{f'{step.times} times ' if step.times > 1 else ''}"


def _action(action: Action) -> str:
    match action:
        case Query(system, verb, table):
            return f"{system} {verb} {table}"
        case Request(to):
            return f"asks {_operation(to)}"
        case Message(to):
            return f"sends to {_operation(to)}"


def _operation(operation: Operation) -> str:
    return f"{operation.service}: {_interface(operation.interface)}"


def _interface(interface: Interface) -> str:
    match interface:
        case Http(method, route):
            return f"{method} {route}"
        case Rpc(service, method):
            return f"gRPC {service}/{method}"
        case GraphQl(kind, name):
            return f"GraphQL {kind} {name}"
        case Gateway(method, path):
            return f"gateway, {method}, {f'path {path}' if path else 'without a path'}"
        case Job(framework, queue, name):
            return f"{framework} job {name} of queue {queue}"
        case Topic(system, destination):
            return f"{system} topic {destination}"
        case Schedule(name) | Page(name):
            return f"{type(interface).__name__.lower()} {name}"


def _reports(outcome: Outcome) -> Iterator[str]:
    """The report, or what differs between two."""
    after = _lines(outcome.after)
    if outcome.before is None:
        yield "  report:"
        yield from (f"      {line}" for line in after)
        return
    before = _lines(outcome.before)
    yield "  reports (- untransformed, + observed otherwise):"
    yield from (f"    - {line}" for line in before if line not in after)
    yield from (f"    + {line}" for line in after if line not in before)
    yield f"    and {sum(line in before for line in after)} lines that both have"


def _lines(seen: Conclusions) -> list[str]:
    return [
        *(f"{state}: {subject}" for subject, state in sorted(seen.states.items())),
        *(f"untested: {flow}" for flow in sorted(seen.missing)),
        *(f"only in tests: {flow}" for flow in sorted(seen.dead)),
        *(f"coverage by {name}: {share}" for name, share in seen.shares.items()),
        *(f"hint: {kind}: {subject}" for kind, subject in sorted(seen.hints)),
    ]
