"""Evidence: what is asked of a lead, by which framework, and what was answered."""

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models import Lead
from leadapp.shipped import shown

KEY = r"^[a-z][a-z0-9_]{0,31}$"
# Fields of gates beside those of the dimensions are called so (qualification/services/gates/fields.py).
COUNTS = ("confirmed_count", "unconfirmed_count", "ruled_out_count", "unsure_count", "contradicted_count")


class Dimension(models.Model):
    """Something to find out about a lead, such as its budget. Frameworks share dimensions."""

    key = models.CharField(
        max_length=32,
        primary_key=True,
        validators=[RegexValidator(KEY, _("Small letters, digits and _, beginning with a letter."))],
        help_text=_("What gates, forms and the API call it. It stays."),
    )
    label = models.CharField(max_length=50, help_text=_("What people call it."))
    prompts = models.TextField(
        max_length=2_000,
        blank=True,
        help_text=_("Ways to ask in a conversation, one a line; the best one first."),
    )
    value_label = models.CharField(
        _("name of the answer"), max_length=50, default="What was said", help_text=_("Such as Amount.")
    )
    example = models.CharField(max_length=200, blank=True, help_text=_("An answer, as a rep would write it."))
    good_for_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_("Days until a confirmed answer has to be asked again. Empty: it has no end."),
    )
    clue_words = models.CharField(
        max_length=300,
        blank=True,
        help_text=_(
            "Words in pages, titles and messages that hint at it, with commas between: pricing, quote."
        ),
    )
    is_also_asked = models.BooleanField(
        _("asked beside every framework"),
        default=False,
        help_text=_("It is asked whichever framework is in use, and counts only where the framework has it."),
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=KEY) & ~Q(key__in=COUNTS), name="dimension_key_plain"
            ),
            models.CheckConstraint(condition=~Q(label=""), name="dimension_has_label"),
            models.CheckConstraint(condition=~Q(value_label=""), name="dimension_has_value_label"),
            models.CheckConstraint(
                condition=Q(good_for_days__isnull=True) | Q(good_for_days__range=(1, 3650)),
                name="dimension_good_for_range",
            ),
        ]

    def __str__(self) -> str:
        return shown(self.label)


class Framework(models.Model):
    """A set of dimensions by which leads are qualified: BANT, CHAMP, MEDDIC. One is in use."""

    name = models.CharField(max_length=50, unique=True)
    is_in_use = models.BooleanField(default=False, editable=False)
    dimensions = models.ManyToManyField(Dimension, through="FrameworkDimension", related_name="frameworks")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="framework_has_name"),
            models.UniqueConstraint(
                fields=["is_in_use"], condition=Q(is_in_use=True), name="framework_one_in_use"
            ),
        ]

    def __str__(self) -> str:
        return shown(self.name)


class FrameworkDimension(models.Model):
    """A dimension in a framework, in its place; `label` is what the framework calls it."""

    framework = models.ForeignKey(Framework, on_delete=models.CASCADE, related_name="parts")
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="parts")
    label = models.CharField(
        _("called"), max_length=50, blank=True, help_text=_("Empty: as it is called everywhere.")
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("dimension of a framework")
        verbose_name_plural = _("dimensions of a framework")
        constraints = [
            models.UniqueConstraint(fields=["framework", "dimension"], name="framework_dimension_once"),
        ]

    def __str__(self) -> str:
        return shown(self.label) or str(self.dimension)


class BantState(models.TextChoices):
    """What an answer says."""

    UNKNOWN = "unknown", _("Unknown")
    CONFIRMED = "confirmed", _("Confirmed")
    RULED_OUT = "ruled_out", _("Ruled out")


class Confidence(models.TextChoices):
    """How sure whoever wrote an answer down is of it."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class BantAnswer(models.Model):
    """Evidence for one dimension. Never changed; the newest one that has not run out counts.

    `end_seen_at` is no evidence: it is when the workers saw that the answer ran out.
    """

    class Source(models.TextChoices):
        """Where the answer came from."""

        FORM = "form", _("Form")
        CALL = "call", _("Call")
        EMAIL = "email", _("Email")
        REP = "rep", _("Rep")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="bant_answers", db_index=False)
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="answers", db_index=False)
    state = models.CharField(max_length=16, choices=BantState.choices)
    value = models.CharField(max_length=500, blank=True, help_text=_("Amount, role, pain or date."))
    confidence = models.CharField(
        max_length=8, choices=Confidence.choices, default=Confidence.MEDIUM, help_text=_("How sure it is.")
    )
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.REP)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    answered_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("From then on it is stale."))
    end_seen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("BANT answer")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=BantState.values,
                    source__in=["form", "call", "email", "rep"],
                    confidence__in=Confidence.values,
                ),
                name="bant_answer_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("answered_at")),
                name="bant_answer_expires_later",
            ),
        ]
        indexes = [
            # The newest answer per dimension of a lead.
            models.Index(
                "lead", "dimension", F("answered_at").desc(), F("id").desc(), name="bant_answer_newest"
            ),
            # Answers whose end nobody has seen yet, soonest first.
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False, end_seen_at__isnull=True),
                name="bant_answer_ends",
            ),
            # Whether a dimension has answers, so that it cannot be deleted.
            models.Index(fields=["dimension"], name="bant_answer_dimension"),
        ]

    def __str__(self) -> str:
        return f"{self.dimension}: {self.get_state_display()}"

    def has_run_out(self, now: datetime) -> bool:
        """Tell whether it is good no longer."""
        return self.expires_at is not None and self.expires_at <= now
