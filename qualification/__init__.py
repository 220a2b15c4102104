"""Qualification: stages, gates, evidence, owners and clocks."""
