"""What the session keeps for pages."""
