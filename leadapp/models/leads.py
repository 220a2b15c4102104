"""Leads and their companies: the facts that fit rules look at."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from leadapp.models.querysets import LeadQuerySet


class Company(models.Model):
    """An organisation that leads work for."""

    name = models.CharField(max_length=200)
    domain = models.CharField(  # noqa: DJ001 - unique, and many have none
        max_length=253, null=True, blank=True, help_text=_("Lower case, without www; unique.")
    )
    industry = models.CharField(max_length=100, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    annual_revenue = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("In euros."))
    country = models.CharField(max_length=2, blank=True, help_text=_("ISO 3166 code."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = _("companies")
        constraints = [
            models.UniqueConstraint(fields=["domain"], name="company_domain_unique"),
            models.CheckConstraint(
                condition=Q(domain__isnull=True) | (Q(domain=Lower("domain")) & ~Q(domain="")),
                name="company_domain_lower_case",
            ),
            # Companies that are known by nothing but their name: one each, whoever names it first.
            models.UniqueConstraint(
                Lower("name"), condition=Q(domain__isnull=True), name="company_name_unique"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="company_has_name"),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="company_country_iso"
            ),
        ]
        indexes = [
            # Read by capture (a lead names its company) and by the company list.
            models.Index(Lower("name"), name="company_name_lower"),
            # Read by the search for companies: parts of names and domains.
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="company_name_trigram"),
            GinIndex(fields=["domain"], opclasses=["gin_trgm_ops"], name="company_domain_trigram"),
            # The company list, largest first; those of unknown size come last.
            models.Index(
                Coalesce(F("employees"), Value(-1)).desc(), F("id").desc(), name="company_list_size"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Stage(models.TextChoices):
    """How far a lead has come, in order."""

    LEAD = "lead", _("Lead")
    MQL = "mql", _("MQL")
    SQL = "sql", _("SQL")
    CUSTOMER = "customer", _("Customer")


class Status(models.TextChoices):
    """Whether a lead is being worked on."""

    OPEN = "open", _("Open")
    NURTURE = "nurture", _("Nurture")
    DISQUALIFIED = "disqualified", _("Disqualified")


class Advocacy(models.TextChoices):
    """Whether a customer speaks for us: the process does not end with the deal."""

    NONE = "none", _("Not an advocate")
    FAN = "fan", _("Fan")
    REFERENCE = "reference", _("Reference")


class Temperature(models.TextChoices):
    """The band of the total score."""

    HOT = "hot", _("Hot")
    WARM = "warm", _("Warm")
    COLD = "cold", _("Cold")


class Seniority(models.TextChoices):
    """The level of a lead's position."""

    STUDENT = "student", _("Student or intern")
    STAFF = "staff", _("Staff")
    SENIOR = "senior", _("Senior")
    MANAGER = "manager", _("Manager")
    HEAD = "head", _("Head")
    DIRECTOR = "director", _("Director")
    VP = "vp", _("VP")
    C_LEVEL = "c_level", _("C-level")
    OWNER = "owner", pgettext_lazy("of a company", "Owner")


class Gender(models.TextChoices):
    """Named in scoring practice; optional, off by default in rules, flagged by the rule check."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    DIVERSE = "diverse", _("Diverse")


class Lead(models.Model):
    """A person who may become a customer.

    Text facts that are not known are empty; `email` is NULL then, so that it can be unique. The
    block "written by scoring" is written by the scoring services and by nothing else.
    """

    email = models.EmailField(  # noqa: DJ001 - unique, and many have none
        null=True, blank=True, help_text=_("Stored in lower case; unique.")
    )
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=32, blank=True, help_text=_("International form, +49…"))
    linkedin_url = models.URLField(_("LinkedIn"), max_length=300, blank=True)
    job_title = models.CharField(max_length=200, blank=True)
    seniority = models.CharField(max_length=16, choices=Seniority.choices, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text=_("ISO 3166 code."))
    language = models.CharField(max_length=12, blank=True, help_text=_("BCP 47 tag, such as de or nl-BE."))
    birth_year = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1900), MaxValueValidator(2100)]
    )
    gender = models.CharField(max_length=16, choices=Gender.choices, blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads"
    )
    attributes = models.JSONField(default=dict, blank=True, help_text=_("Custom fields."))

    source = models.CharField(max_length=100, blank=True)
    campaign = models.CharField(max_length=200, blank=True)
    utm_source = models.CharField(_("UTM source"), max_length=200, blank=True)
    utm_medium = models.CharField(_("UTM medium"), max_length=200, blank=True)
    utm_campaign = models.CharField(_("UTM campaign"), max_length=200, blank=True)
    utm_term = models.CharField(_("UTM term"), max_length=200, blank=True)
    utm_content = models.CharField(_("UTM content"), max_length=200, blank=True)

    bought_list = models.ForeignKey(
        "leadapp.BoughtList",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="leads",
        db_index=False,
    )
    do_not_email = models.BooleanField(default=False)
    do_not_call = models.BooleanField(default=False)
    do_not_score = models.BooleanField(default=False, help_text=_("Opted out of scoring: has no score."))

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
        db_index=False,
    )
    stage = models.CharField(max_length=16, choices=Stage.choices, default=Stage.LEAD)
    stage_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.OPEN)
    status_reason = models.CharField(
        max_length=500, blank=True, help_text=_("Why it is in nurture or disqualified.")
    )
    disqualify_reason = models.ForeignKey(
        "qualification.DisqualifyReason",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    advocacy = models.CharField(max_length=16, choices=Advocacy.choices, default=Advocacy.NONE)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # Written by scoring. NULL: not scored yet, or opted out.
    fit = models.IntegerField(null=True, editable=False)
    engagement = models.IntegerField(null=True, editable=False)
    score = models.IntegerField(null=True, editable=False)
    grade = models.CharField(max_length=2, blank=True, editable=False)
    temperature = models.CharField(max_length=8, choices=Temperature.choices, blank=True, editable=False)
    scored_at = models.DateTimeField(null=True, editable=False)
    score_version = models.ForeignKey(
        "scoring.ScoringModelVersion",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        # A version that scored leads cannot be deleted (a trigger); asking again for each score is dear.
        db_constraint=False,
    )
    last_activity_at = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text=_("Newest activity, or when it was created."),
    )
    # The score as the list sorts it: a lead without a score comes last.
    priority = models.GeneratedField(
        expression=Coalesce(F("score"), Value(-1)),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    objects = LeadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email"], name="lead_email_unique"),
            models.CheckConstraint(
                condition=Q(email__isnull=True) | (Q(email=Lower("email")) & ~Q(email="")),
                name="lead_email_lower_case",
            ),
            models.CheckConstraint(
                condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="lead_country_iso"
            ),
            models.CheckConstraint(
                condition=Q(birth_year__isnull=True) | Q(birth_year__range=(1900, 2100)),
                name="lead_birth_year_range",
            ),
            models.CheckConstraint(
                condition=Q(seniority="") | Q(seniority__in=Seniority.values), name="lead_seniority_known"
            ),
            models.CheckConstraint(
                condition=Q(gender="") | Q(gender__in=Gender.values), name="lead_gender_known"
            ),
            # E.164 as identity/contacts.py reads it: a few countries have numbers of more than 15 digits.
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,18}$"), name="lead_phone_e164"
            ),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="lead_stage_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="lead_status_known"),
            models.CheckConstraint(
                condition=Q(status=Status.OPEN, status_reason="")
                | (~Q(status=Status.OPEN) & ~Q(status_reason="")),
                name="lead_status_reason",
            ),
            models.CheckConstraint(
                condition=Q(disqualify_reason__isnull=True) | Q(status=Status.DISQUALIFIED),
                name="lead_disqualify_reason",
            ),
            models.CheckConstraint(condition=Q(advocacy__in=Advocacy.values), name="lead_advocacy_known"),
            models.CheckConstraint(
                condition=Q(
                    score__isnull=True, fit__isnull=True, engagement__isnull=True, grade="", temperature=""
                )
                | (
                    Q(score__isnull=False, score__gte=0, fit__isnull=False, engagement__isnull=False)
                    & Q(scored_at__isnull=False, score_version__isnull=False)
                    & Q(grade__regex="^[A-D][1-4]$", temperature__in=Temperature.values)
                ),
                name="lead_score_whole",
            ),
            models.CheckConstraint(
                condition=Q(do_not_score=False) | Q(score__isnull=True), name="lead_opted_out_has_no_score"
            ),
        ]
        indexes = [
            # The prioritised list: everybody's leads.
            models.Index(
                F("priority").desc(), F("last_activity_at").desc(), F("id").desc(), name="lead_list"
            ),
            # The list by last activity, and what has been quiet for long.
            models.Index(F("last_activity_at").desc(), F("id").desc(), name="lead_list_active"),
            # The prioritised list of one rep. Most leads belong to nobody: those are soon met in lead_list.
            # With what is asked of all leads of somebody: my day.
            models.Index(
                "owner",
                F("priority").desc(),
                F("last_activity_at").desc(),
                F("id").desc(),
                include=["status", "stage", "temperature"],
                condition=Q(owner__isnull=False),
                name="lead_list_owner",
            ),
            # Hot ones that nobody has: a few among all those without an owner.
            models.Index(
                F("priority").desc(),
                F("last_activity_at").desc(),
                F("id").desc(),
                condition=Q(owner__isnull=True, temperature=Temperature.HOT, status=Status.OPEN),
                name="lead_list_hot_free",
            ),
            # The board, and the list of one stage; most leads are in the first, as above.
            models.Index(
                "stage",
                F("priority").desc(),
                F("last_activity_at").desc(),
                F("id").desc(),
                condition=~Q(stage="lead"),
                name="lead_list_stage",
            ),
            # The list of fans or references: a few among all leads.
            models.Index(
                "advocacy",
                F("priority").desc(),
                F("last_activity_at").desc(),
                F("id").desc(),
                condition=~Q(advocacy="none"),
                name="lead_list_advocates",
            ),
            # The list of those who are out for one reason, how many they are, and whether it can be deleted.
            models.Index(
                "disqualify_reason",
                F("priority").desc(),
                F("last_activity_at").desc(),
                F("id").desc(),
                condition=Q(disqualify_reason__isnull=False),
                name="lead_list_disqualified",
            ),
            # The leads of a list that was bought: a few among all, counted when it is looked at.
            models.Index(
                fields=["bought_list"], condition=Q(bought_list__isnull=False), name="lead_bought_list"
            ),
            # How many leads a rep has to work on, for whose turn it is at handover.
            models.Index(
                fields=["owner"], condition=Q(stage__in=["mql", "sql"], status="open"), name="lead_load"
            ),
        ]
        permissions = [
            ("work_any_lead", "Edit, answer BANT for and move any lead"),
            ("work_own_lead", "Edit, answer BANT for and move own leads, and take unassigned ones"),
            ("reassign_lead", "Give a lead of somebody else to another owner"),
            ("export_lead", "Export leads"),
            ("import_lead", "Import leads"),
            ("merge_lead", "Merge duplicate leads, and undo that"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return what people call this lead: the name, else the address or phone, else the number."""
        full = f"{self.first_name} {self.last_name}".strip()
        return full or self.email or self.phone or gettext("Lead %(id)s") % {"id": self.pk}

    @property
    def is_open(self) -> bool:
        """Tell whether somebody works, or should work, on this lead."""
        return self.status == Status.OPEN

    @property
    def is_disqualified(self) -> bool:
        """Tell whether work on this lead has ended without a sale."""
        return self.status == Status.DISQUALIFIED


class CustomField(models.Model):
    """A fact of a team's own, kept in `Lead.attributes` under `key`."""

    class Kind(models.TextChoices):
        """What the values are."""

        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        BOOLEAN = "boolean", _("Yes or no")
        DATE = "date", _("Date")

    key = models.SlugField(max_length=50, unique=True)
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    tells_apart = models.BooleanField(
        _("tells people apart"),
        default=False,
        help_text=_("Compared when duplicates are looked for, such as a date of birth or a postcode."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["text", "number", "boolean", "date"]), name="custom_field_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label
