"""How every page looks, and whether everybody can use it, in a real browser."""
