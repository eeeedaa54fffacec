"""The sidebar's list of conversations: which rows it has, and what the menu of a row does."""
