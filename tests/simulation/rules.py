"""The rules of delivery that a simulated world keeps; False breaks one, to show that the checks notice."""

from typing import NamedTuple


class Rules(NamedTuple):
    """What observers, rekey workers and auditors must do."""

    commits_low_offset: bool = True
    waits_for_acknowledgement: bool = True
    sends_before_it_says: bool = True
    rereads: bool = True
    holds_for_dead_letters: bool = True
    passes_repetitions: bool = True
    keeps_names: bool = True
    keeps_offset_with_state: bool = True


KEPT = Rules()


class BrokenRuleError(AssertionError):
    """A check of the simulation failed; its text says which, and when."""
