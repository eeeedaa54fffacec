"""The pieces of the Admin page: everything in numbers, never a word of a conversation."""
