"""The auditor's role: reads the flows topic; writes verdicts, alerts and checkpoints."""
