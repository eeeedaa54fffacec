"""Files that pages show or give to download, and uploads: for whom they are, and how long they are there."""
