"""An answer while it arrives, and the turns of a long conversation, in a real browser."""
