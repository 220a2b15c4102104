"""The page of a lead, its tabs, and what people do there (docs/lead-page.md)."""
