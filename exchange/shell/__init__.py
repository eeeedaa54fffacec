"""Import and export from a command line, without a page."""
