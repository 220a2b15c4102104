"""Measuring Leadapp on made-up data of any size, in a database of its own."""
