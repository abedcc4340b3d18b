"""Verdicts to the world: metrics and the HTTP API."""
