"""Many leads of the list at once: ask once, do it, say how it went with each, take it back."""
