"""How Django itself writes dates, in the admin above all: as the pages of Leadapp do."""
