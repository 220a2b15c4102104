"""Tags: words that people sort leads by."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Trim
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadapp.models.leads import Lead

LONGEST_TAG = 50


class Tag(models.Model):
    """A word for leads. Written as whoever used it first did; the same word in capitals is the same tag."""

    name = models.CharField(_("name"), max_length=LONGEST_TAG, help_text=_("Without a comma."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            # Also how a tag is found by its name.
            models.UniqueConstraint(
                Lower("name"),
                name="tag_name_unique",
                violation_error_message=_("There is this tag already."),
            ),
            # Commas stand between tags, in forms and in addresses.
            models.CheckConstraint(
                condition=~Q(name="") & Q(name=Trim("name")) & ~Q(name__contains=","),
                name="tag_name_is_a_word",
                violation_error_message=_("A tag has no comma, and no space before or behind it."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LeadTag(models.Model):
    """A lead has a tag, since somebody said so. Taken off, the row is gone."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="lead_tags", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="lead_tags", db_index=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Also how the tags of a lead are found.
            models.UniqueConstraint(fields=["lead", "tag"], name="lead_tag_once"),
        ]
        indexes = [
            # The list of the leads with a tag, and how many they are.
            models.Index(fields=["tag", "lead"], name="lead_tag_leads"),
        ]

    def __str__(self) -> str:
        return _("lead %(lead_id)s: %(what)s") % {"lead_id": self.lead_id, "what": self.tag}
