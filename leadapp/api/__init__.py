"""The REST API: leads, events and form submissions in, leads and scores out (docs/api.md)."""
