"""The Settings page: providers and their keys, storage and backups."""
