"""What every layer may use: the clock, the tree of errors, the units."""
