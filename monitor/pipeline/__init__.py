"""The whole monitor without I/O: an observer (bytes -> flows) and an auditor (flows -> verdicts)."""
