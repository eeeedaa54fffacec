"""Conversations in and out: one module per format, pure functions without I/O of their own."""
