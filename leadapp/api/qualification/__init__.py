"""What sales does with a lead: moves, gates, answers, assignments, deals."""
