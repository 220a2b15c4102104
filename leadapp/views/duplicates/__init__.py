"""Pages on which people decide which leads are one person."""
