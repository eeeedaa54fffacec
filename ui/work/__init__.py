"""What takes longer than a click: done beside the pages, one thing or many, and said in words what came of it."""
