"""The prioritised list: which lead to call next, and why (docs/lead-list.md)."""
