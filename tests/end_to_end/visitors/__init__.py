"""Visitors, each with a place of their own: in real browsers, and as a client without one."""
