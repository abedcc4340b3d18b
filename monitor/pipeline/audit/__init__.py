"""From flows to verdicts: the auditor's fold of one partition of the flows topic."""
