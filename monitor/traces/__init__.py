"""Span -> Trace: spans gathered by log time into fragments, and each closed fragment as a tree."""
