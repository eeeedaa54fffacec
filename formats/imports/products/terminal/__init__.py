"""Chats that were held in a terminal: the log of `llm`, and the sessions of Codex and Claude Code."""
