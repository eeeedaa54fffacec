"""Files that pages show or give to download."""
