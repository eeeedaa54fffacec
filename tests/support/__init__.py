"""Doubles, rigs and fixtures that tests share."""
