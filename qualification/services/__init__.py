"""Everything that writes stages, evidence, owners, notes and tasks."""
