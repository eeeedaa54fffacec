"""What may still be asked of the keys configured here, and how much somebody may keep: limits, rules, sentences."""
