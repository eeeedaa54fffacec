"""For whoever looks at every page: a walk through all of them."""
