"""What the owner sees of sharing: making a link, where it leads, renewing and ending it."""
