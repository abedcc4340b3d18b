"""Recall: which failures of production a test has shown, and which of these a test guards against."""
