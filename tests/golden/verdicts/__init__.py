"""The records of the verdicts topic, byte for byte."""
