"""flowdrift: says, the moment it happens, that integration tests no longer stand for production."""

__version__ = "0.1.0"
