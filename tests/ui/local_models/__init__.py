"""Tests of ui/local_models."""
