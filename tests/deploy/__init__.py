"""Tests of what is deployed: chart, rules, dashboards, runbook, locks."""
