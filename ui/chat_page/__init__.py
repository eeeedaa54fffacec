"""The chat page: its header, the conversation that is open, its turns and messages, the live answer."""
