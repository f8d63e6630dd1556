"""Tests of the built-in rule book."""
