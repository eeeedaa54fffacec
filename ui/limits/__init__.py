"""Limits where they are met: everything that spends the keys configured here, or keeps more, passes through this."""
