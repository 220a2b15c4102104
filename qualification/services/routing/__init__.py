"""Routing: who gets a lead, whose turn it is, and who is away."""
