"""What Chatkeep promises, as tests."""
