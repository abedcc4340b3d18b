"""A shop that does not exist, its traffic, and a broker to carry it: `flowdrift demo`."""
