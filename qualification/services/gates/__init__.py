"""Gates: what they ask, who passes, and who goes through them by themselves or falls back."""
