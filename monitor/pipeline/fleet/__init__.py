"""What belongs to no single partition: comparisons, runs, and the commands that the owner decides."""
