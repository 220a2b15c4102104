"""The HTTP API of Segment, for libraries that websites and products use already (docs/segment.md)."""
