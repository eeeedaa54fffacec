"""ChatGPT's export: its conversations, the documents in them, and the private marks in its answers."""

from formats.imports.products.chatgpt.conversations import FORMAT

__all__ = ["FORMAT"]
