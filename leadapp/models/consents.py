"""What leads agreed to: the words, the answers, and those that are still to be confirmed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Lead


class Purpose(models.TextChoices):
    """What a lead is asked for."""

    EMAIL = "email", _("Marketing email")
    PHONE = "phone", _("Phone calls")
    SCORING = "scoring", _("Scoring")
    RECOGNITION = "recognition", _("Being recognised on a device")


class ConsentText(models.Model):
    """The words that a form or a website asked with, version by version. Never changed."""

    form = models.ForeignKey(
        "leadapp.Form", null=True, on_delete=models.CASCADE, related_name="consent_texts"
    )
    site = models.ForeignKey(
        "leadapp.TrackedSite", null=True, on_delete=models.CASCADE, related_name="consent_texts"
    )
    version = models.PositiveIntegerField()
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "version"], name="consent_text_version_unique"),
            models.UniqueConstraint(fields=["site", "version"], name="consent_text_site_version_unique"),
            models.CheckConstraint(
                condition=Q(form__isnull=True, site__isnull=False) | Q(form__isnull=False, site__isnull=True),
                name="consent_text_of_form_or_site",
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="consent_text_version_positive"),
            models.CheckConstraint(condition=~Q(text=""), name="consent_text_has_text"),
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="consent_text_purpose_known"
            ),
        ]

    def __str__(self) -> str:
        asked_by = self.form or self.site
        return _("%(asked_by)s, version %(version)s") % {"asked_by": asked_by, "version": self.version}


class ConsentRecord(models.Model):
    """One answer to one consent question, with the words that were shown. Never changed."""

    Purpose = Purpose

    class How(models.TextChoices):
        """In which way it was given to somebody who wrote it down."""

        CALL = "call", _("On the phone")
        EMAIL = "email", _("By email")
        MEETING = "meeting", _("In person")
        LETTER = "letter", _("In writing")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    granted = models.BooleanField()
    text = models.TextField(blank=True, help_text=_("The words that were shown."))
    text_version = models.PositiveIntegerField(null=True, help_text=_("Which version of the form's words."))
    source = models.CharField(max_length=100)
    how = models.CharField(
        max_length=16,
        choices=How.choices,
        blank=True,
        help_text=_("Empty where the lead gave it itself."),
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text=_("Who wrote it down for the lead."),
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="consent_purpose_known"),
            models.CheckConstraint(condition=~Q(source=""), name="consent_has_source"),
            models.CheckConstraint(
                condition=Q(how__in=["", "call", "email", "meeting", "letter"]), name="consent_how_known"
            ),
            models.CheckConstraint(
                condition=Q(text_version__isnull=True) | ~Q(text=""), name="consent_version_has_text"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {_('yes') if self.granted else _('no')}"


class ConsentRequest(models.Model):
    """A consent that counts once the link in an e-mail is followed (double opt-in), and that e-mail."""

    class State(models.TextChoices):
        """Where the e-mail is."""

        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("Not sent any more")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="consent_requests")
    form = models.ForeignKey("leadapp.Form", on_delete=models.CASCADE, related_name="+")
    text = models.ForeignKey(ConsentText, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(
        help_text=_("Where it was sent; following the link shows that it is read there.")
    )
    language = models.CharField(max_length=12, blank=True)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            # Asking again while a question is open sends no second e-mail, so that nobody can be flooded.
            models.UniqueConstraint(
                fields=["lead", "form"], condition=Q(confirmed_at__isnull=True), name="consent_request_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent", "failed", "dropped"]),
                name="consent_request_state_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("requested_at")), name="consent_request_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True)
                | Q(confirmed_at__gte=F("requested_at"), confirmed_at__lt=F("expires_at")),
                name="consent_request_confirmed_in_time",
            ),
            models.CheckConstraint(
                condition=(Q(state="sent") & Q(sent_at__isnull=False)) | ~Q(state="sent"),
                name="consent_request_sent_at",
            ),
        ]
        indexes = [
            # The e-mails that are due.
            models.Index("due_at", "id", condition=Q(state="waiting"), name="consent_request_due"),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.state}"
