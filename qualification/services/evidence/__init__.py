"""Evidence: frameworks, answers, and the calls in which they are found out."""
