"""The dashboard: what becomes of leads, what works, and the leads behind each number."""
