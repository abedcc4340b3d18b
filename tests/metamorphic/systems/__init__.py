"""Systems and the suites that test them, as pure data, drawn from a seed."""
