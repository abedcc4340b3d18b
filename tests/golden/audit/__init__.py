"""The record of a call on the audit topic, byte for byte."""
