"""What a span says beside its operation, in short words that rows carry (`Node.notes`)."""

UNROUTED = "unrouted"
"""The request names no route: its operation is named by its path, of which there may be any number."""
