"""Conversations without ids: lists of messages, one a file or one a line, as chat data sets have them."""
