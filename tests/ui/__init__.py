"""The pages: signing in, the list, and what a browser makes of them."""
