"""The auditor's role: the flows topic in, verdicts, alerts and checkpoints out."""
