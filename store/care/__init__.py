"""Looking after a data folder: check, repair, restore."""
