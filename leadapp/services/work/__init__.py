"""What people at work write down about leads: notes, calls, meetings, a day's log."""
