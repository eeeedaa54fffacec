"""What is kept of owners beside their conversations: when they were here, and what goes from one to another."""
