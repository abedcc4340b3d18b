"""What every line about parity says of itself."""

NAME = "parity"
