"""The lead list: its filters, orders, columns and views, and what a row of it says."""
