"""What can be set: the settings as one value, and how they are found in a file and in the environment."""

from monitor.settings.explained import explained
from monitor.settings.loading import find, load
from monitor.settings.model import EnvironmentSection, Settings, document_of, schema

__all__ = ["EnvironmentSection", "Settings", "document_of", "explained", "find", "load", "schema"]
