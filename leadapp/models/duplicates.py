"""Leads that may be the same person: what is compared, and what came of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Lead


class MatchRequest(models.Model):
    """A lead is to be compared with others, for it is new or its facts changed. Written by triggers.

    Rows are only added and deleted; any number may wait for one lead.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return _("lead %(lead_id)s") % {"lead_id": self.lead_id}


class MatchKey(models.Model):
    """Leads that share a key are compared: the number of a phone, the sound of a name and so on."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    key = models.BigIntegerField(help_text=_("Hash of what the key is made of."))

    class Meta:
        constraints = [
            # Also how those who share a key are found.
            models.UniqueConstraint(fields=["key", "lead"], name="match_key_once"),
        ]

    def __str__(self) -> str:
        return _("lead %(lead_id)s: %(what)s") % {"lead_id": self.lead_id, "what": self.key}


class DuplicatePair(models.Model):
    """Two leads that may be one person, the older id first, and how probable that is.

    `evidence` tells field by field what was compared; `named_together` by which kinds of names a request
    called both of them.
    """

    class State(models.TextChoices):
        """What people said about it."""

        OPEN = "open", _("To be reviewed")
        DISMISSED = "dismissed", _("Not the same person")

    first = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    probability = models.FloatField(default=0)
    evidence = models.JSONField(default=list)
    named_together = ArrayField(models.CharField(max_length=16), default=list)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_unique"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_smaller_id_first"
            ),
            models.CheckConstraint(
                condition=Q(probability__range=(0, 1)), name="duplicate_pair_probability_range"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "dismissed"]), name="duplicate_pair_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | Q(state="dismissed", decided_at__isnull=False),
                name="duplicate_pair_decided_has_date",
            ),
        ]
        indexes = [
            # The list of pairs to be reviewed, the most probable first.
            models.Index(
                F("probability").desc(), F("id").desc(), condition=Q(state="open"), name="duplicate_list"
            ),
        ]

    def __str__(self) -> str:
        return _("leads %(first)s and %(second)s") % {"first": self.first_id, "second": self.second_id}
