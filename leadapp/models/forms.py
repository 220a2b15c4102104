"""Forms on websites, and the submissions of theirs that somebody has to look at first."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.activities import Activity, ActivityType
from leadapp.models.consents import Purpose
from leadapp.models.leads import Lead
from leadapp.shipped import shown


class FieldType(models.TextChoices):
    """How a field of a form is asked for. What was typed is taken as it is, whatever the type."""

    TEXT = "text", _("Text")
    EMAIL = "email", _("Email address")
    PHONE = "tel", _("Phone number")
    URL = "url", _("Web address")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    LONG_TEXT = "textarea", _("Long text")
    CHOICE = "select", _("Choice from a list")
    COUNTRY = "country", _("Country")
    TICK = "checkbox", _("Box to tick")
    HIDDEN = "hidden", _("Hidden")


class Form(models.Model):
    """A form on a website whose submissions become activities.

    `fields` is a list of {"name", "label", "type", "options", "value", "required", "fact", "answer",
    "ruled_out", "unknown"}; `fact` names the lead fact that the value becomes, or is empty where the value
    stays with the activity only. `answer` names the dimension that sales asks about and that the field
    answers: a text listed in `ruled_out` or `unknown` says so, any other one confirms it. `options` are
    what a list offers, `value` is what a hidden field holds unless the page says otherwise.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    activity_type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=list)
    intro = models.TextField(_("introduction"), max_length=2_000, blank=True)
    button = models.CharField(
        _("words on the button"), max_length=60, blank=True, help_text=_("“Send” where nothing is given.")
    )
    language = models.CharField(
        max_length=12,
        blank=True,
        help_text=_("The language that it is written in, such as de. Empty: the visitor's own."),
    )
    consent_text = models.TextField(
        blank=True,
        help_text=_("Shown beside the consent box; kept with each consent. A change makes a new version."),
    )
    consent_purpose = models.CharField(
        _("consent is for"), max_length=16, choices=Purpose.choices, default=Purpose.EMAIL
    )
    consent_version = models.PositiveIntegerField(default=0, editable=False)
    double_opt_in = models.BooleanField(
        _("confirm by email"),
        default=False,
        help_text=_("Whoever ticks the box gets an email; the consent counts once its link is followed."),
    )
    is_progressive = models.BooleanField(
        _("remember visitors"),
        default=False,
        help_text=_("Offers to remember the visitor on this device. Later forms ask only what is not known."),
    )
    thanks = models.TextField(
        _("words of thanks"), max_length=2_000, blank=True, help_text=_("Shown after it was sent.")
    )
    redirect_url = models.URLField(
        _("go on to"),
        max_length=500,
        blank=True,
        help_text=_("A page of your website that follows instead. Its host has to be one of FORM_HOSTS."),
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    first_submitted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="form_has_name"),
            models.CheckConstraint(
                condition=Q(consent_purpose__in=Purpose.values), name="form_consent_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(consent_text="") | Q(consent_version__gt=0), name="form_consent_has_version"
            ),
            models.CheckConstraint(
                condition=Q(double_opt_in=False) | ~Q(consent_text=""), name="form_confirms_what_it_asks"
            ),
        ]

    def __str__(self) -> str:
        return shown(self.name)

    @property
    def asks_consent(self) -> bool:
        """Tell whether there is a box to tick."""
        return bool(self.consent_text)


class HeldSubmission(models.Model):
    """A submission that looks like spam: it waits until somebody releases or discards it."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", _("Waiting")
        RELEASED = "released", _("Released")
        DISCARDED = "discarded", _("Discarded")

    class Reason(models.TextChoices):
        """What is odd about it."""

        HONEYPOT = "honeypot", _("Filled in a field that people do not see")
        FAST = "fast", _("Sent faster than anybody can type")
        LINKS = "links", _("Full of links")
        FORGED = "forged", _("Does not come from a page of this form")

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="held")
    number = models.CharField(max_length=200, editable=False)
    answers = models.JSONField(default=dict, help_text=_("What was typed, by field."))
    # What it came with: {"consent_version", "visitor_id", "language"}.
    visit = models.JSONField(default=dict)
    reasons = ArrayField(models.CharField(max_length=16, choices=Reason.choices))
    received_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    activity = models.ForeignKey(
        Activity,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("What it was released as."),
    )
    # The lead that came of it, if nobody had been known by that address.
    new_lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        permissions = [("decide_heldsubmission", "Release and discard held submissions")]
        constraints = [
            # A submission that is sent again is held once.
            models.UniqueConstraint(fields=["form", "number"], name="held_submission_number_unique"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "released", "discarded"]),
                name="held_submission_state_known",
            ),
            models.CheckConstraint(
                condition=Q(reasons__len__gt=0)
                & Q(reasons__contained_by=["honeypot", "fast", "links", "forged"]),
                name="held_submission_reasons_known",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__gte=F("received_at"))),
                name="held_submission_decided_at",
            ),
        ]
        indexes = [
            # The queue, newest first, and how many wait.
            models.Index("state", F("id").desc(), name="held_submission_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.form}: {self.number}"

    @property
    def is_waiting(self) -> bool:
        """Tell whether somebody has still to look at it."""
        return self.state == self.State.WAITING

    @property
    def reason_labels(self) -> list[str]:
        """Say what is odd about it."""
        return [str(self.Reason(reason).label) for reason in self.reasons]
