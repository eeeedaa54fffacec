"""What Google gives out of chats with Gemini: the files of AI Studio, and Takeout."""
