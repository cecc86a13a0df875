"""Bring connections up to date: one run, many runs, their records."""
