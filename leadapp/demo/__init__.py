"""Made-up leads, companies and a year of behaviour that look real: what `load_demo` loads."""
