"""Tests of who a browser is, in a browser."""
