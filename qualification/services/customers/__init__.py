"""Customers: what they bought, and how they speak of us."""
