"""The HTTP API of Segment."""
