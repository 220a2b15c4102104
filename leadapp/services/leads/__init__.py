"""Leads and what is known of them: made, changed, edited, tagged, with who changed what."""
