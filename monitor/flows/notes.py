"""What a span says beside its operation, in short words that rows carry (`Node.notes`)."""

UNROUTED = "unrouted"
"""The request names no route: its operation is named by its path, of which there may be any number."""

UNDECLARED = "undeclared"
"""The consumer states a destination and no template for it: it may be one of any number."""

_ASKS = "asks "
_AT = "at "
_IN = "in "
_OF = "of "


def asks(peer: str) -> str:
    """The note of a caller that says which service it asks."""
    return _ASKS + peer


def at(service: str) -> str:
    """The note of a caller of whose peer only the address is known, with the service in that."""
    return _AT + service


def place(where: str) -> str:
    """The note of a caller that shows where it asks, or which stub (`wire.facts`)."""
    return _IN + where


def system(family: str) -> str:
    """The note of a caller that says which database or broker it asks (`wire.systems`)."""
    return _OF + family


def place_of(notes: tuple[str, ...]) -> str:
    """Where a caller asks, or which stub; '' where it does not show it."""
    return _after(_IN, notes)


def system_of(notes: tuple[str, ...]) -> str:
    """The family of the database or broker that a caller asks; '' where it does not say."""
    return _after(_OF, notes)


def found_at(notes: tuple[str, ...]) -> str:
    """The service in the address that a caller asks; '' where it does not say."""
    return _after(_AT, notes)


def asked(notes: tuple[str, ...]) -> str:
    """The service that a caller says it asks; '' where it does not say."""
    return _after(_ASKS, notes)


def _after(word: str, notes: tuple[str, ...]) -> str:
    return next((note.removeprefix(word) for note in notes if note.startswith(word)), "")
