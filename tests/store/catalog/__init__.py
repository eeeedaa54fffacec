"""Tests of store/catalog."""
