"""Tests of chat/providers/local/hub."""
