"""One module for each product whose export is read."""
