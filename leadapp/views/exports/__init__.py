"""Pages of exports: which file, how far it is, and what was exported."""
