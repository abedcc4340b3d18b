"""Fingerprints -> Verdict: each dimension compares and gives signals, `judge` makes verdicts of them."""
