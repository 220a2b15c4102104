"""Actions on the lead page: moves, evidence, owners, notes and tasks."""
