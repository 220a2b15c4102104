"""Qualification as those who lead it ask: what becomes of leads, by where they come from and by score."""
