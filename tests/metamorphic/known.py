"""What today's product gets wrong, one line each. This list must shrink: what holds again is removed.

A trial that is about all `tags` of an entry is skipped. `test_known` runs each entry's own trial, with those
of its transformations that the entry names, and fails where that holds.
"""

from typing import NamedTuple

from tests.metamorphic.trials import Trial


class Known(NamedTuple):
    """A kind of trial that goes wrong, the seed of one that shows it, and what is wrong."""

    law: str
    tags: frozenset[str]
    seed: int
    wrong: str


def _known(law: str, tag: str, seed: int, wrong: str) -> Known:
    return Known(law, frozenset(tag.split(" + ")), seed, wrong)


KNOWN: tuple[Known, ...] = (
    _known("same", "peers stated (production)", 163, "a peer that one side states names the call anew"),
    _known("same", "peers stated (tests)", 20, "a peer that one side states names the call anew"),
    _known(
        "same",
        "clients without telemetry (production)",
        5,
        "the request of a service without client spans is no call of the same name",
    ),
    _known(
        "same",
        "clients without telemetry (tests)",
        13,
        "the request of a service without client spans is no call of the same name",
    ),
    _known("same", "front without telemetry (tests)", 63, "what it calls gives too little for an ok"),
    _known("same", "test sessions (tests)", 10, "consumers behind a session's trace give fewer units"),
    _known("same", "spans lost (tests)", 42, "a proxy whose backend's span was lost is a flow of its own"),
    _known(
        "same",
        "linkerd + services end with the environment",
        66,
        "the meshes' names of services are not read without the environment",
    ),
    _known(
        "same",
        "destinations begin with the environment + destinations end with the environment",
        94,
        "of a destination with the environment at both ends one end is read",
    ),
)


def known(trial: Trial) -> Known | None:
    """The entry that says that this trial goes wrong, if any."""
    return next((each for each in KNOWN if each.law == trial.law and each.tags <= trial.tags), None)
