"""Leads that may be one person: found, reviewed, united, taken apart again (docs/identity.md)."""
