"""The names by which people are known, and what waits for somebody to be known by one."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.activities import ActivityType
from leadapp.models.leads import Lead


class LeadIdentifier(models.Model):
    """A name of a lead beside the address that it has: one name, one lead.

    Phone numbers and LinkedIn profiles of leads are kept here by triggers; a second lead with the same one
    has no row. A visitor id may be seen before anybody knows whose it is: then it has no lead. Such ids
    that belong together point to the oldest of them (`same_as`).
    """

    class Kind(models.TextChoices):
        """What sort of name it is."""

        EXTERNAL = "external", _("External id")
        EMAIL = "email", _("Further email address")
        LINKEDIN = "linkedin", _("LinkedIn profile")
        PHONE = "phone", _("Phone number")
        VISITOR = "visitor", _("Visitor id")

    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.CASCADE, related_name="identifiers"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    value = models.CharField(max_length=300, help_text=_("In its normal form."))
    same_as = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.CASCADE, related_name="aliases"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="lead_identifier_unique"),
            models.CheckConstraint(
                condition=Q(kind__in=["external", "email", "linkedin", "phone", "visitor"]),
                name="lead_identifier_kind_known",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="lead_identifier_has_value"),
            models.CheckConstraint(
                condition=Q(lead__isnull=False) | Q(kind="visitor"), name="lead_identifier_only_visitors_wait"
            ),
            models.CheckConstraint(
                condition=Q(same_as__isnull=True) | Q(lead__isnull=True, kind="visitor"),
                name="lead_identifier_same_as_waits",
            ),
        ]
        indexes = [
            # Visitors that nobody was found to be: the oldest are forgotten.
            models.Index(fields=["created_at"], condition=Q(lead__isnull=True), name="visitor_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class WaitingActivity(models.Model):
    """What a visitor did whom nobody knows yet. It becomes an activity, under the same id, once we know.

    `facts` are what came along about the person. Nobody reads these rows as a lead, and they are
    forgotten after VISITOR_DAYS.
    """

    # Out of the sequence of activities: an event keeps its id when it joins a lead.
    id = models.BigIntegerField(primary_key=True)
    visitor = models.ForeignKey(
        LeadIdentifier, on_delete=models.CASCADE, related_name="waiting", db_index=False
    )
    type = models.ForeignKey(ActivityType, on_delete=models.PROTECT, related_name="+", db_index=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    source = models.CharField(max_length=100)
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    properties = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = _("waiting activities")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=Q(external_id__isnull=False),
                name="waiting_activity_external_id_unique",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="waiting_activity_has_source"),
            models.CheckConstraint(
                condition=Q(occurred_at__lte=models.F("received_at")),
                name="waiting_activity_not_in_the_future",
            ),
        ]
        indexes = [
            # What joins a lead when its visitor is identified.
            models.Index(fields=["visitor", "id"], name="waiting_activity_visitor"),
            # What has waited too long.
            models.Index(fields=["received_at"], name="waiting_activity_age"),
        ]

    def __str__(self) -> str:
        return _("%(type)s on %(occurred_at)s") % {
            "type": self.type,
            "occurred_at": f"{self.occurred_at:%Y-%m-%d %H:%M}",
        }
