"""Sharing on the pages: making links, and what whoever has one sees."""
