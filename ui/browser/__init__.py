"""Small components that run in the browser."""
