"""What every line about coverage says of itself."""

from monitor.dimensions.dimension import Severity

NAME = "coverage"
SEVERITY = Severity.PAGES
