"""The companies: their list, and what is known about one of them."""
