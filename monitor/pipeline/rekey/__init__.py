"""Spans of sources that are not keyed by trace id, brought together by trace id (delivery, Rekey stage)."""
