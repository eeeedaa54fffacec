"""Tests of chat/replies."""
