"""Copies of everything in one zip."""
