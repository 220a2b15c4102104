"""The pages of imports: bring a file, say what its columns are, look at what would happen and what did."""
