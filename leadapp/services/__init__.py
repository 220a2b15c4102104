"""What is written: facts, activities, submissions, keys. Every interface writes through these."""
