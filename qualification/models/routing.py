"""Routing: who gets a lead that is handed over."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadapp.models import Match, Operator
from qualification.models.teams import Team


class RoutingRule(models.Model):
    """Leads that meet its criteria go to these people; without criteria it holds for every lead.

    The first active rule that holds decides, in the order of `position`. Without a team and people it
    means everybody who takes leads.
    """

    position = models.PositiveSmallIntegerField(default=0, help_text=_("The first rule that holds decides."))
    name = models.CharField(max_length=100, help_text=_("Such as Benelux; reasons name it."))
    is_active = models.BooleanField(_("active"), default=True)
    match = models.CharField(max_length=8, choices=Match.choices, default=Match.ALL)
    account_owner_first = models.BooleanField(
        default=True, help_text=_("Whoever has other leads of the same company gets this one too.")
    )
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="routing_rules",
        help_text=_("Its members take turns."),
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text=_("They take turns, with the team.")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="routing_rule_has_name"),
            models.CheckConstraint(condition=Q(match__in=Match.values), name="routing_rule_match_known"),
            models.UniqueConstraint(fields=["name"], name="routing_rule_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class RoutingCriterion(models.Model):
    """One condition of a routing rule; `field`, `operator` and `value` as in a gate."""

    rule = models.ForeignKey(RoutingRule, on_delete=models.CASCADE, related_name="criteria")
    field = models.CharField(max_length=100)
    operator = models.CharField(max_length=16, choices=Operator.choices)
    value = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name_plural = _("routing criteria")
        constraints = [
            models.CheckConstraint(
                condition=Q(operator__in=Operator.values), name="routing_criterion_operator_known"
            ),
            models.CheckConstraint(condition=~Q(field=""), name="routing_criterion_has_field"),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.get_operator_display()}"
