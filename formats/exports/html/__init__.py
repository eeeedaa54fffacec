"""A conversation as one HTML page to read and print, without a script."""
