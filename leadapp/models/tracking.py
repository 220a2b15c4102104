"""Websites whose visitors are followed by the tracker, and what these agreed to."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.consents import ConsentText, Purpose
from leadapp.models.identity import LeadIdentifier


class TrackedSite(models.Model):
    """A website with the tracker. `key` is no secret: it stands in the pages, and lets them only write.

    `origins` are where its pages are, such as https://www.example.com.
    """

    consent_purpose = Purpose.RECOGNITION

    name = models.CharField(max_length=100, unique=True)
    origins = ArrayField(
        models.CharField(max_length=300),
        verbose_name=_("addresses"),
        help_text=_("Where its pages are, such as https://www.example.com; several with commas between."),
    )
    key = models.CharField(max_length=40, unique=True, editable=False)
    waits_for_consent = models.BooleanField(
        _("wait for consent"),
        default=True,
        help_text=_(
            "Nothing is sent before a visitor agrees. Off: until then page views are counted, without "
            "cookie, id or person."
        ),
    )
    consent_text = models.TextField(
        max_length=2_000,
        help_text=_("What visitors agree to, as your consent banner says it. A change makes a new version."),
    )
    consent_version = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    first_seen_at = models.DateTimeField(
        _("first visit"), null=True, editable=False, help_text=_("When its tracker first sent something.")
    )

    class Meta:
        verbose_name = _("tracked website")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="tracked_site_has_name"),
            models.CheckConstraint(condition=Q(origins__len__gt=0), name="tracked_site_has_origin"),
            models.CheckConstraint(
                condition=Q(key__regex=r"^site_[0-9a-z]{24}$"), name="tracked_site_key_form"
            ),
            models.CheckConstraint(
                condition=~Q(consent_text="") & Q(consent_version__gt=0), name="tracked_site_asks_consent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VisitorConsent(models.Model):
    """What a visitor of a website agreed to, or took back. It becomes the lead's once we know who it is."""

    visitor = models.OneToOneField(LeadIdentifier, on_delete=models.CASCADE, related_name="consent")
    site = models.ForeignKey(TrackedSite, on_delete=models.CASCADE, related_name="+", db_index=False)
    text = models.ForeignKey(ConsentText, on_delete=models.CASCADE, related_name="+", db_index=False)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="visitor_consent_withdrawn_later",
            )
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id}: {_('no') if self.withdrawn_at else _('yes')}"


class AnonymousView(models.Model):
    """A page that was seen before consent: of nobody, for counting only. Forgotten after VISITOR_DAYS."""

    site = models.ForeignKey(TrackedSite, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(max_length=64, help_text=_("Of this one view, so that it counts once."))
    path = models.CharField(max_length=500)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A view that is sent again counts once.
            models.UniqueConstraint(fields=["site", "number"], name="anonymous_view_number_unique")
        ]
        indexes = [
            # How many a website had lately, and which are old enough to be forgotten.
            models.Index(fields=["seen_at"], include=["site"], name="anonymous_view_age"),
        ]

    def __str__(self) -> str:
        return self.path
