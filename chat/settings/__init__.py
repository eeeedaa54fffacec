"""How this installation is set up: what is read from environment and secrets, and what a value may hold."""
