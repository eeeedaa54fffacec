"""Claude's export: its conversations, and the documents and thinking that stand inside of its answers."""

from formats.imports.products.claude.conversations import FORMAT
from formats.imports.products.claude.design_chats import FORMAT as DESIGN_CHATS

__all__ = ["DESIGN_CHATS", "FORMAT"]
