"""The response clock: when it starts, by when an answer is due, what stops it, and who is told."""
