"""Texts of models as a browser draws them, on the pages and in exported files."""
