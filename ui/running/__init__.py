"""How pages are run: one thing at a time, and of a page no more than has changed."""
