"""What a span says beside its operation, in short words that rows carry (`Node.notes`)."""

UNROUTED = "unrouted"
"""The request names no route: its operation is named by its path, of which there may be any number."""

UNDECLARED = "undeclared"
"""The consumer states a destination and no template for it: it may be one of any number."""

_ASKS = "asks "
_AT = "at "


def asks(peer: str) -> str:
    """The note of a caller that says which service it asks."""
    return _ASKS + peer


def at(service: str) -> str:
    """The note of a caller of whose peer only the address is known, with the service in that."""
    return _AT + service


def found_at(notes: tuple[str, ...]) -> str:
    """The service in the address that a caller asks; '' where it does not say."""
    return next((note.removeprefix(_AT) for note in notes if note.startswith(_AT)), "")


def asked(notes: tuple[str, ...]) -> str:
    """The service that a caller says it asks; '' where it does not say."""
    return next((note.removeprefix(_ASKS) for note in notes if note.startswith(_ASKS)), "")
