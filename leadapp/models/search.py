"""What the lead list looks through and is sorted by beside the lead itself."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F

from leadapp.models.leads import Lead


class LeadSearch(models.Model):
    """Name, address, phone and company of a lead in one text, with a space before each word.

    `name` is what the lead is called, in small letters without accents: Özdemir stands beside Ozdemir.

    Written by triggers only (migrations 0007, 0016 and 0028). It stands apart from the lead because every new
    score writes the lead anew, and with it an entry in each index of its table: one of trigrams made that
    four times as slow.
    """

    lead = models.OneToOneField(Lead, primary_key=True, on_delete=models.CASCADE, related_name="search")
    text = models.TextField()
    name = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Read by the search of the lead list: parts of names, addresses and phone numbers. A search also
            # reads what waits to be put into it, so little waits (in kB; by default up to 4,096).
            GinIndex(
                fields=["text"],
                opclasses=["gin_trgm_ops"],
                gin_pending_list_limit=256,
                name="lead_search_trigram",
            ),
            # The lead list by name, and by when leads came in.
            models.Index(fields=["name", "lead"], name="lead_search_name"),
            models.Index(F("created_at").desc(), F("lead").desc(), name="lead_search_created"),
        ]

    def __str__(self) -> str:
        return self.text
