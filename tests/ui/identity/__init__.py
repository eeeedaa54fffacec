"""Tests of ui.identity."""
