"""The pages of the scoring studio, one module each."""
