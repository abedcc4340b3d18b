"""Fragments -> flows, and the record format of flows."""
