"""Leads and what is known of each: facts, scores, tags, duplicates, quarantines."""
