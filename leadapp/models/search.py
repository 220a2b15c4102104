"""What the search of the lead list looks through."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from leadapp.models.leads import Lead


class LeadSearch(models.Model):
    """Name, address, phone and company of a lead in one text, with a space before each word.

    Written by triggers only (migrations 0007 and 0016). It stands apart from the lead because every new score
    writes the lead anew, and with it an entry in each index of its table: one of trigrams made that four
    times as slow.
    """

    lead = models.OneToOneField(Lead, primary_key=True, on_delete=models.CASCADE, related_name="search")
    text = models.TextField()

    class Meta:
        indexes = [
            # Read by the search of the lead list: parts of names, addresses and phone numbers.
            GinIndex(fields=["text"], opclasses=["gin_trgm_ops"], name="lead_search_trigram"),
        ]

    def __str__(self) -> str:
        return self.text
