"""Rigs for tests of who a browser is."""
