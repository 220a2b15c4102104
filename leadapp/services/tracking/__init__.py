"""What visitors of the team's websites do: agreed to, read, and kept."""
