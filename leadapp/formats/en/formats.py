"""22 Nov 2026, 00:41."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
MONTH_DAY_FORMAT = "j M"
# Of Leadapp: a day of this week, and a moment in full.
WEEKDAY_FORMAT = "D j M"
FULL_DATETIME_FORMAT = "D j M Y, H:i"
