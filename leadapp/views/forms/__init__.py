"""Pages about forms for the team: what to paste into a website, the spam queue, the first steps."""
