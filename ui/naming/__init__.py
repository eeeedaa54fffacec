"""A conversation's title in a window: typed, or suggested by the model."""
