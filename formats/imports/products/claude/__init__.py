"""Claude's export: its conversations, and the documents and thinking that stand inside of its answers."""

from formats.imports.products.claude.conversations import FORMAT

__all__ = ["FORMAT"]
