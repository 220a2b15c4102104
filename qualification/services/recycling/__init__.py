"""Recycling: leads that rest and wake up, and why leads were given up."""
