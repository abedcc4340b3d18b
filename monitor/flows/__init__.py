"""Trace -> Flow: `read` turns an assembled group of spans into rows without values."""
