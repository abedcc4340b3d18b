"""The generator: systems are drawn from seeds, and are what the laws take them for."""

from dataclasses import replace
from itertools import permutations
from random import Random

from tests.metamorphic.changes import CHANGES
from tests.metamorphic.systems import draw
from tests.metamorphic.systems.edit import with_step
from tests.metamorphic.systems.flows import flows, named_by
from tests.metamorphic.systems.model import (
    Entry,
    Gateway,
    Http,
    Message,
    Operation,
    Page,
    Query,
    Request,
    Rpc,
    Step,
    System,
    Topic,
    all_operations,
    callee,
    word,
)
from tests.metamorphic.systems.places import places
from tests.metamorphic.systems.suite import suite
from tests.metamorphic.systems.words import KINDS

SEEDS = range(60)
MAIL = Operation("mailer", Topic("kafka", "mail-requests"), (Step(Query("mysql", "INSERT", "contacts")),))
PAY = Operation("payments", Http("POST", "/charges"), (Step(Message(MAIL)),))
ORDER = Operation(
    "shop", Http("POST", "/orders"), (Step(Request(PAY)), Step(Query("mysql", "INSERT", "drafts")))
)


def of(*operations: Operation) -> System:
    return System(tuple(Entry(operation, 200) for operation in operations))


def test_a_seed_always_draws_the_same_system() -> None:
    """Equal seeds give equal systems and suites, and different ones different systems."""
    drawn = [draw.system(seed) for seed in SEEDS]
    assert drawn == [draw.system(seed) for seed in SEEDS]
    assert len(set(drawn)) == len(drawn)
    assert [suite(n, each) for n, each in enumerate(drawn)] == [
        suite(n, each) for n, each in enumerate(drawn)
    ]


def test_every_kind_of_interface_and_call_is_drawn() -> None:
    """Among few seeds there are all interfaces, optional calls, repeated calls, messages and failures."""
    systems = [draw.system(seed) for seed in SEEDS]
    operations = [each for system in systems for each in all_operations(system)]
    steps = [step for each in operations for step in each.steps]
    interfaces = {type(each.interface).__name__ for each in operations}
    assert interfaces == {"Http", "Rpc", "GraphQl", "Gateway", "Job", "Topic", "Schedule", "Page"}
    assert {type(step.does) for step in steps} == {Query, Request, Message}
    assert any(step.chance < 1 for step in steps) and any(step.times > 1 for step in steps)
    assert any(entry.failing for system in systems for entry in system.entries)


def test_no_word_is_a_part_of_another() -> None:
    """A report that names one part of a system names no other by chance."""
    words = [word for kind in KINDS.values() for word in kind]
    assert [pair for pair in permutations(words, 2) if pair[0] in pair[1]] == []


def test_every_part_of_a_system_has_a_word_of_its_own() -> None:
    """No two steps of a system are named alike, but for those behind one gateway."""
    for seed in SEEDS:
        steps = [place.step.does for place in places(draw.system(seed))]
        words = {does: word(does) for does in steps}
        assert len(set(words.values())) == len(words), seed


def test_consumers_requests_of_a_page_and_backends_of_a_gateway_are_flows() -> None:
    """Work enters at entries, at what a page asks for, behind a gateway, and at consumers."""
    page = Operation(
        "browser", Page("https://www.example/orders"), (Step(Request(ORDER)), Step(Request(PAY)))
    )
    check = Operation("accounts", Rpc("example.v1.Accounts", "Check"))
    gateway = Operation("edge", Gateway("POST"), (Step(Request(check)), Step(Request(ORDER))))
    assert flows(of(ORDER)) == [ORDER, MAIL]
    assert flows(of(page)) == [ORDER, PAY, MAIL]
    assert named_by(gateway) == [ORDER]


def test_a_step_belongs_to_the_nearest_consumer_then_to_the_entry() -> None:
    """Flows of a step are listed from the nearest outwards."""
    found = {word(place.step.does): [word(flow) for flow in place.flows] for place in places(of(ORDER))}
    assert found == {
        "charges": ["orders"],
        "mail-requests": ["orders"],
        "contacts": ["mail-requests", "orders"],
        "drafts": ["orders"],
    }


def test_a_step_is_replaced_where_it_stands() -> None:
    """Replacing a step changes nothing else, however deep it is."""
    system = of(ORDER, PAY)
    place = next(each for each in places(system) if word(each.step.does) == "contacts")
    without = with_step(system, place, None)
    assert "contacts" not in {word(each.step.does) for each in places(of(without.entries[0].operation))}
    assert without.entries[1] == system.entries[1]
    assert with_step(system, place, place.step) == system


def test_every_kind_of_change_is_a_change() -> None:
    """Each kind finds something to change in some system, and then system or suite differ."""
    for kind, draw_change in CHANGES.items():
        changed = 0
        for seed in SEEDS:
            system = draw.system(seed)
            tests = replace(suite(seed, system), tested=tuple(range(len(system.entries))))
            change = draw_change(system, tests, Random(seed))
            if change is not None:
                changed += 1
                assert (change.system, change.suite) != (system, tests), (kind, seed)
                assert change.words, (kind, seed)
        assert changed > len(SEEDS) / 10, kind


def test_callees_are_what_requests_and_messages_go_to() -> None:
    """A query has nobody at its other end that is observed."""
    assert [callee(step.does) for step in ORDER.steps] == [PAY, None]
