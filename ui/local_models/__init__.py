"""Models on this machine: what is said on an answer of the demo model, and how a better one is had and kept."""
