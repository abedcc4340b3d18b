"""What `flowdrift inspect` makes of a sample of records, and what it advises."""
