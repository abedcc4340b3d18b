"""The daemon: builds every part from the settings, runs it, and stops it after it has drained."""

from monitor.service.daemon import run
from monitor.service.roles import ALL_ROLES, Role

__all__ = ["ALL_ROLES", "Role", "run"]
