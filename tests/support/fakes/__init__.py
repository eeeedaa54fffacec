"""Doubles: what stands in for a store, a provider, a program."""
