"""Discovery calls while they are held."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from leadapp.models import Lead


class CallDraft(models.Model):
    """What somebody has typed during a call that is not saved yet: the fields of the page, as texts.

    `call_id` names the call, so that it is saved once. `version` counts the savings of the draft: who
    comes with an older one has not seen what another tab wrote.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="call_drafts", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    call_id = models.UUIDField()
    content = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Also how it is found.
            models.UniqueConstraint(fields=["lead", "author"], name="call_draft_one_each"),
            models.CheckConstraint(condition=Q(version__gte=1), name="call_draft_version_counts"),
        ]

    def __str__(self) -> str:
        return _("%(author)s with lead %(lead_id)s") % {"author": self.author, "lead_id": self.lead_id}
