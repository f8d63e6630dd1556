"""Makers of the pages that docs/generate.py writes."""
