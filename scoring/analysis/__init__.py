"""What marketers ask of a model: reads that compute, and write nothing."""
