"""The index of all conversations: a SQLite file that is made anew whenever it is missing."""
