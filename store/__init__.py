"""What is kept, and where: `open_store(url)` gives a ConversationStore. The only room that knows a database."""
