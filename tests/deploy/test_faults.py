"""Every fault has a test that shows it, or a command, and the page says which."""

from tests.deploy.files import ROOT
from tests.faults import FAULTS, PAGE, claims, page


def test_every_fault_is_shown() -> None:
    """A row has a test or a command."""
    shown = {fault for each in claims() for fault in each.faults}
    assert {name for name, fault in FAULTS.items() if not fault.commands} - shown == set()


def test_every_claim_names_a_fault() -> None:
    """A test that claims to show a row which does not exist is mistaken."""
    assert [each for each in claims() if not FAULTS.keys() >= set(each.faults)] == []


def test_every_command_exists() -> None:
    """A command is a target of the Makefile."""
    targets = {f"make {line.partition(':')[0]}" for line in (ROOT / "Makefile").read_text().splitlines()}
    assert {command for fault in FAULTS.values() for command in fault.commands} - targets == set()


def test_the_page_is_current() -> None:
    """deploy/faults.md is what `make docs` writes."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run make docs"
