"""Spans -> fragments -> trees."""
