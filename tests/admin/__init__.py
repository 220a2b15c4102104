"""The admin, used as marketers, managers and administrators do."""
