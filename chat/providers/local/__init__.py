"""The model on this machine: what it is made of, how it is fetched, and how it is run."""
